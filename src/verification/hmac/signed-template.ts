/** What a sender signs, as a text with placeholders that stand for parts of the request. */
import { createHash } from "node:crypto";
import { partsOf } from "../called-url.ts";
import type { ReceivedRequest } from "../provider.ts";
import { valuesOf } from "../request-place.ts";

/** What the placeholders stand for in one reading of a request. */
type Values = Readonly<{
  request: ReceivedRequest;
  url: string;
  /** As headers give them, each letter a byte. */
  id: string;
  timestamp: string;
}>;

type Part = string | Uint8Array;
type Filler = (values: Values) => Part;

export type SignedTemplate = Readonly<{
  uses: (name: "id" | "timestamp" | "url") => boolean;
  /** Whether the body as a whole is signed, itself or by its digest. */
  signsBody: boolean;
  /** Whether anything is signed that a later request does not have as well. */
  tellsRequestsApart: boolean;
  /** Whether values of the body are signed by themselves. */
  readsBody: boolean;
  /** Headers that are signed beside those of id and time. */
  headers: readonly string[];
  /** What looks like a placeholder and is none. */
  unknown: readonly string[];
  /** In pieces, so that a large body is not copied. */
  fill: (values: Values) => Part[];
}>;

const PLACEHOLDER = /(\{[^{}]*\})/;
const BODY_DIGEST = /^body_(md5|sha1|sha256|sha384|sha512)_(hex|base64|base64url)$/;
const HEADER = /^header\.([!#$%&'*+\-.^_`|~0-9a-z]+)$/i;
const JSON_VALUE = /^\$\.(\S+)$/;

/** With their meaning, for people: the manual and the form tell of them in this order. */
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

/** They are the same for every request to one URL. */
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

/** Null for what is no placeholder, and stands for itself. */
function fillerOf(name: string): Filler | null {
  if (Object.hasOwn(SIMPLE, name)) return SIMPLE[name] ?? null;
  const [, hash, encoding] = BODY_DIGEST.exec(name) ?? [];
  if (hash !== undefined) return ({ request }) => digestOf(request.body, hash, encoding);
  const [, header] = HEADER.exec(name) ?? [];
  if (header !== undefined) return ({ request }) => bytesOfHeader(request.headers.get(header) ?? "");
  const [, path] = JSON_VALUE.exec(name) ?? [];
  return path === undefined ? null : ({ request }) => valueAt(request, path);
}

function digestOf(body: Uint8Array, hash: string, encoding: string | undefined): string {
  const digest = createHash(hash).update(body).digest();
  return digest.toString(encoding === "base64" || encoding === "base64url" ? encoding : "hex");
}

/** The runtime gives a header's bytes as one letter each; a sender signs the bytes. */
function bytesOfHeader(text: string): Part {
  return /[\x80-\uffff]/.test(text) ? Buffer.from(text, "latin1") : text;
}

function targetOf(url: string): string {
  const { path, query } = partsOf(url);
  return query === "" ? path : `${path}?${query}`;
}

/** As senders write a value between others: nothing where there is none. */
function valueAt(request: ReceivedRequest, path: string): string {
  const value = valuesOf(request).at(path);
  const isOne = value?.kind === "text" || value?.kind === "number" || value?.kind === "boolean";
  return isOne ? value.text : "";
}
