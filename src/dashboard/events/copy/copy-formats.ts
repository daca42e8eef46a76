/** Formats a request as code that sends it: safe to paste whatever a stranger put into it. */
import { type CurlRequest, curlCommand, sentHeaders } from "../curl-command.ts";
import { shellQuote } from "../shell-quote.ts";

export const COPY_FORMATS = [
  { as: "curl", label: "curl" },
  { as: "fetch", label: "fetch" },
  { as: "httpie", label: "HTTPie" },
  { as: "python", label: "Python" },
] as const;

export type CopyFormat = (typeof COPY_FORMATS)[number]["as"];

/** Longer bodies come from a file. */
const MAX_INLINE_BYTES = 64 * 1024;
/** Characters that hide or reorder what is seen. JSON.stringify escapes control characters alone. */
const UNSAFE = /[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

const WRITERS: Readonly<Record<CopyFormat, (request: CurlRequest) => string>> = {
  curl: curlCommand,
  fetch: fetchCode,
  httpie: httpieCommand,
  python: pythonCode,
};

export function formatRequest(as: CopyFormat, request: CurlRequest): string {
  return WRITERS[as](request);
}

/** A string of JavaScript and of Python. */
function quote(text: string): string {
  return JSON.stringify(text).replace(
    UNSAFE,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** As text where it is some; null for other bytes. */
function textOf(body: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return null;
  }
}

function base64(body: Uint8Array): string {
  return Buffer.from(body).toString("base64");
}

const mayHaveBody = (method: string) => method !== "GET" && method !== "HEAD";

/** Repeated names are joined, as both languages take one value for each. */
function headersOf(request: CurlRequest): readonly (readonly [string, string])[] {
  const joined = new Map<string, readonly [string, string]>();
  for (const [name, value] of sentHeaders(request)) {
    const before = joined.get(name.toLowerCase());
    joined.set(
      name.toLowerCase(),
      before === undefined ? [name, value] : [before[0], `${before[1]}, ${value}`],
    );
  }
  return [...joined.values()];
}

function fetchCode(request: CurlRequest): string {
  const { method, url, body, bodyFile } = request;
  const text = textOf(body);
  const isLong = body.length > MAX_INLINE_BYTES;
  const inline = text === null ? `Uint8Array.fromBase64(${quote(base64(body))})` : quote(text);
  const sent = isLong ? "await readFile(bodyFile)" : inline;
  return [
    ...(isLong
      ? [
          `// The body is long: download it first, as ${bodyFile}.`,
          'import { readFile } from "node:fs/promises";',
          `const bodyFile = ${quote(bodyFile)};`,
        ]
      : []),
    `const response = await fetch(${quote(url)}, {`,
    `  method: ${quote(method)},`,
    "  headers: {",
    ...headersOf(request).map(([name, value]) => `    ${quote(name)}: ${quote(value)},`),
    "  },",
    ...(mayHaveBody(method) ? [`  body: ${sent},`] : []),
    "});",
    "console.log(response.status, await response.text());",
  ].join("\n");
}

function pythonCode(request: CurlRequest): string {
  const { method, url, body, bodyFile } = request;
  const text = textOf(body);
  const isLong = body.length > MAX_INLINE_BYTES;
  const inline = text === null ? `base64.b64decode(${quote(base64(body))})` : `${quote(text)}.encode()`;
  const sent = isLong ? `open(${quote(bodyFile)}, "rb").read()` : inline;
  return [
    ...(isLong ? [`# The body is long: download it first, as ${bodyFile}.`] : []),
    ...(text === null && !isLong ? ["import base64"] : []),
    "import requests",
    "",
    "response = requests.request(",
    `    ${quote(method)},`,
    `    ${quote(url)},`,
    "    headers={",
    ...headersOf(request).map(
      ([name, value]) => `        ${quote(name)}: ${quote(value)}.encode("latin-1"),`,
    ),
    "    },",
    ...(mayHaveBody(method) ? [`    data=${sent},`] : []),
    ")",
    "print(response.status_code, response.text)",
  ].join("\n");
}

function httpieCommand(request: CurlRequest): string {
  const { method, url, body, bodyFile } = request;
  const text = body.includes(0) ? null : textOf(body);
  const isLong = body.length > MAX_INLINE_BYTES;
  const isPiped = text === null && !isLong;
  const lines = [
    `http --ignore-stdin ${shellQuote(method)} ${shellQuote(url)}`,
    ...headersOf(request).map(([name, value]) => shellQuote(value === "" ? `${name};` : `${name}:${value}`)),
    ...(isLong ? [`@${shellQuote(bodyFile)}`] : []),
    ...(!isLong && text !== null && mayHaveBody(method) ? [`--raw ${shellQuote(text)}`] : []),
  ].join(" \\\n  ");
  const note = isLong ? `# The body is long: download it first, as ${bodyFile}.\n` : "";
  const before = isPiped ? `printf %s '${base64(body)}' | base64 -d | ` : "";
  return `${note}${before}${isPiped ? lines.replace(" --ignore-stdin", "") : lines}`;
}
