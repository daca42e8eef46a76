/** Compiles the text that a sender signs, with placeholders for parts of the request. */
import { createHash } from "node:crypto";
import { HEADER_TOKEN } from "../../lib/header-token.ts";
import { partsOf } from "../called-url.ts";
import type { ReceivedRequest } from "../provider.ts";
import { valuesOf } from "../request-place.ts";

/** Values of the placeholders for one candidate reading of a request. */
type Values = Readonly<{
  request: ReceivedRequest;
  url: string;
  /** As headers provide them: one character per byte. */
  id: string;
  timestamp: string;
}>;

type Part = string | Uint8Array;
type Filler = (values: Values) => Part;

type SignedTemplate = Readonly<{
  uses: (name: "id" | "timestamp" | "url") => boolean;
  /** Whether the whole body is signed, directly or by its digest. */
  signsBody: boolean;
  /** Whether anything is signed that differs between requests. */
  tellsRequestsApart: boolean;
  /** Whether single values of the body are signed. */
  readsBody: boolean;
  /** Signed headers other than those of id and timestamp. */
  headers: readonly string[];
  /** Text in braces that is not a known placeholder. */
  unknown: readonly string[];
  /** Returns the text in parts, so that a large body is not copied. */
  fill: (values: Values) => Part[];
}>;

const PLACEHOLDER = /(\{[^{}]*\})/;
const BODY_DIGEST = /^body_(md5|sha1|sha256|sha384|sha512)_(hex|base64|base64url)$/;
const HEADER = new RegExp(`^header\\.(${HEADER_TOKEN})$`, "i");
const JSON_VALUE = /^\$\.(\S+)$/;

/** The manual and the form describe the placeholders in this order. */
const SIMPLE: Readonly<Record<string, Filler>> = {
  body: ({ request }) => request.body,
  timestamp: ({ timestamp }) => bytesOfHeader(timestamp),
  id: ({ id }) => bytesOfHeader(id),
  method: ({ request }) => request.method,
  url: ({ url }) => url,
  host: ({ url }) => partsOf(url).host,
  path: ({ url }) => partsOf(url).path,
  query: ({ url }) => partsOf(url).query,
  target: ({ url }) => targetOf(url),
  newline: () => "\n",
};

/** Placeholders with the same value for every request to one URL. */
const CONSTANT = new Set(["method", "url", "host", "path", "query", "target", "newline"]);

export function compileTemplate(template: string): SignedTemplate {
  const pieces = template.split(PLACEHOLDER).filter((piece) => piece !== "");
  const names = pieces.flatMap((piece) => (PLACEHOLDER.test(piece) ? [piece.slice(1, -1)] : []));
  const known = names.filter((name) => fillerOf(name) !== null);
  const fillers = pieces.map((piece): Filler => {
    const filler = PLACEHOLDER.test(piece) ? fillerOf(piece.slice(1, -1)) : null;
    return filler ?? (() => piece);
  });
  return {
    uses: (name) => uses(known, name),
    signsBody: known.some((name) => name === "body" || BODY_DIGEST.test(name)),
    tellsRequestsApart: known.some((name) => !CONSTANT.has(name)),
    readsBody: known.some((name) => JSON_VALUE.test(name)),
    headers: known.flatMap((name) => HEADER.exec(name)?.[1] ?? []),
    unknown: names.filter((name) => fillerOf(name) === null).map((name) => `{${name}}`),
    fill: (values) => fillers.map((fill) => fill(values)),
  };
}

const OF_URL = new Set(["url", "host", "path", "query", "target"]);

function uses(known: readonly string[], name: "id" | "timestamp" | "url"): boolean {
  return known.some((each) => (name === "url" ? OF_URL.has(each) : each === name));
}

/** Null if the name is not a placeholder; it then stays as literal text. */
function fillerOf(name: string): Filler | null {
  if (Object.hasOwn(SIMPLE, name)) return SIMPLE[name] ?? null;
  const [, hash, encoding] = BODY_DIGEST.exec(name) ?? [];
  if (hash !== undefined) return ({ request }) => digestOf(request.body, hash, encoding);
  const [, header] = HEADER.exec(name) ?? [];
  if (header !== undefined) return ({ request }) => bytesOfHeader(request.headers.get(header) ?? "");
  const [, path] = JSON_VALUE.exec(name) ?? [];
  return path === undefined ? null : ({ request }) => valueAt(request, path);
}

/** Digests by body and hash: a text is filled once for each form of a URL and each timestamp. */
const digests = new WeakMap<Uint8Array, Map<string, Buffer>>();

function digestOf(body: Uint8Array, hash: string, encoding: string | undefined): string {
  const known = digests.get(body) ?? new Map<string, Buffer>();
  digests.set(body, known);
  const digest = known.get(hash) ?? createHash(hash).update(body).digest();
  known.set(hash, digest);
  return digest.toString(encoding === "base64" || encoding === "base64url" ? encoding : "hex");
}

/** Senders sign the header's bytes, which the runtime provides as one character each. */
function bytesOfHeader(text: string): Part {
  return /[\x80-\uffff]/.test(text) ? Buffer.from(text, "latin1") : text;
}

function targetOf(url: string): string {
  const { path, query } = partsOf(url);
  return query === "" ? path : `${path}?${query}`;
}

/** Returns the value as text; empty if there is none. */
function valueAt(request: ReceivedRequest, path: string): string {
  const value = valuesOf(request).at(path);
  const isOne = value?.kind === "text" || value?.kind === "number" || value?.kind === "boolean";
  return isOne ? value.text : "";
}
