/** Formats an event as the curl command that sends it again, safe to paste whatever a stranger put into it. */
import { endToEndHeaders } from "../../targets/forwarded-headers.ts";
import type { HeaderList } from "../../targets/target-type.ts";
import { shellQuote } from "./shell-quote.ts";

/** Longer bodies come from a file: terminals handle long lines badly, and Linux refuses arguments over 128 KiB. */
const MAX_INLINE_BYTES = 64 * 1024;

const CONTINUED = " \\\n  ";

export type CurlRequest = Readonly<{
  method: string;
  url: string;
  headers: HeaderList;
  /** The headers are those of a target's request, and not as a sender's came. */
  areHeadersFinal?: boolean;
  body: Uint8Array;
  /** File name of the downloaded body. */
  bodyFile: string;
}>;

export function curlCommand(request: CurlRequest): string {
  const { method, url, body, bodyFile } = request;
  const { before, data } = bodyArguments(body, bodyFile);
  return [
    `${before}curl${globbing(url)} ${method === "HEAD" ? "--head" : `-X ${shellQuote(method)}`} ${shellQuote(url)}`,
    ...headerArguments(sentHeaders(request)),
    data,
  ].join(CONTINUED);
}

/** By default, curl interprets [ ] { } in a URL as a pattern and removes "/../". */
function globbing(url: string): string {
  return `${/[[\]{}]/.test(url) ? " --globoff" : ""}${/\/\./.test(url) ? " --path-as-is" : ""}`;
}

export function sentHeaders({ headers, areHeadersFinal }: CurlRequest): HeaderList {
  return areHeadersFinal === true ? headers : endToEndHeaders(headers);
}

function headerArguments(sent: HeaderList): string[] {
  const lines = sent.map(([name, value]) => {
    const line = value === "" ? `${name};` : `${name}: ${textOfHeader(value)}`;
    return `-H ${shellQuote(line)}`;
  });
  // Without a type, curl would declare the body a form.
  const hasType = sent.some(([name]) => name.toLowerCase() === "content-type");
  return hasType ? lines : [...lines, "-H 'content-type:'"];
}

/** Headers are stored as one character per byte; the shell writes characters as UTF-8. */
function textOfHeader(value: string): string {
  return decode(Buffer.from(value, "latin1")) ?? value;
}

function bodyArguments(body: Uint8Array, bodyFile: string): { before: string; data: string } {
  if (body.length > MAX_INLINE_BYTES) {
    const before = `# The body is too long for a command line: download it first, as ${bodyFile}.\n`;
    return { before, data: `--data-binary ${shellQuote(`@${bodyFile}`)}` };
  }
  const text = decode(body);
  // Not --data, which reads a file if the body begins with "@".
  if (text !== null) return { before: "", data: `--data-raw ${shellQuote(text)}` };
  const base64 = Buffer.from(body).toString("base64");
  return { before: `printf %s '${base64}' | base64 -d | `, data: "--data-binary @-" };
}

/** Returns null for bytes that a command line cannot contain. */
function decode(body: Uint8Array): string | null {
  if (body.includes(0)) return null;
  try {
    // A byte order mark is part of the body, so it is kept.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return null;
  }
}
