/** Reads a body after undoing its Content-Encoding: as JSON, as a form, or as a reason why it cannot be read. */
import { isUtf8 } from "node:buffer";
import { charsetIn, createStrictDecode } from "./charset.ts";
import { isPacked, type Unpacked, unpackAside, unpackNow } from "./content-encoding.ts";
import { type FormValue, isFormType, MAX_FORM_BYTES, readFormValues } from "./form-values.ts";
import { type JsonFault, MAX_JSON_DEPTH, MAX_JSON_PARTS } from "./json-nodes.ts";
import { type JsonText, readJson } from "./json-text.ts";

export const MAX_JSON_BYTES = 1024 * 1024;
/** In charsets other than UTF-8: decoding takes as long as the reading itself. */
const MAX_RECODED_BYTES = 512 * 1024;

/** The headers that describe a body; "" if absent. */
export type BodyHead = Readonly<{ contentType: string; contentEncoding: string }>;

/** Returns a stored request's body headers. `headers` has lower-case names. */
export function storedHead(of: {
  contentType: string;
  headers: readonly (readonly [name: string, value: string])[];
}): BodyHead {
  const contentEncoding = of.headers.find(([name]) => name === "content-encoding")?.[1] ?? "";
  return { contentType: of.contentType, contentEncoding };
}

export type BodyContent =
  | Readonly<{ kind: "json"; json: JsonText }>
  | Readonly<{ kind: "form"; fields: readonly FormValue[] }>
  | Readonly<{ kind: "empty" }>
  /** `why` is a sentence for the owner of the entrypoint. */
  | Readonly<{ kind: "unreadable"; why: string }>;

/** Why JSON with a fault is not read. */
export const WHY_UNREAD: Readonly<Record<JsonFault, string>> = {
  syntax: "The body is not valid JSON.",
  depth: `The JSON is nested deeper than ${MAX_JSON_DEPTH} levels.`,
  parts: `The JSON has more than ${MAX_JSON_PARTS.toLocaleString("en")} names and values.`,
};

const unpacked = new WeakMap<Uint8Array, Unpacked>();

/**
 * Decompresses a body off the event loop and caches the result with the body for later reads. Null if there is nothing
 * to do, as for every uncompressed body.
 */
export function unpackAhead(body: Uint8Array, { contentEncoding }: BodyHead): Promise<void> | null {
  if (!isPacked(body, contentEncoding) || unpacked.has(body)) return null;
  return unpackAside(body, contentEncoding).then((done) => void unpacked.set(body, done));
}

/** Returns the decompressed body, or the body itself if it was not compressed. */
export function unpack(body: Uint8Array, { contentEncoding }: BodyHead): Unpacked {
  if (!isPacked(body, contentEncoding)) return { bytes: body };
  const known = unpacked.get(body);
  if (known !== undefined) return known;
  const done = unpackNow(body, contentEncoding);
  unpacked.set(body, done);
  return done;
}

/** Bounded in size, depth and time for any bytes. */
export function readContent(body: Uint8Array, head: BodyHead): BodyContent {
  const plain = unpack(body, head);
  if ("fault" in plain) return { kind: "unreadable", why: plain.fault };
  const { bytes } = plain;
  if (bytes.byteLength === 0) return { kind: "empty" };
  const charset = charsetIn(bytes, head.contentType);
  if (!isFormType(head.contentType)) return readAsJson(bytes, charset);
  // Tools such as curl label JSON as a form by default.
  const json = mayBeJson(bytes) ? readAsJson(bytes, charset) : null;
  return json?.kind === "json" ? json : readAsForm(bytes, charset);
}

/** Looks at the first bytes only, so that forms are not scanned twice. */
function mayBeJson(bytes: Uint8Array): boolean {
  const first = bytes.subarray(0, 64).find((byte) => byte > 0x20);
  return first === 0x7b || first === 0x5b;
}

/** Returns a body's text as UTF-8, decompressed; null if it cannot be decoded or is larger than JSON that is read. */
export function utf8Of(body: Uint8Array, head: BodyHead): Uint8Array | null {
  const plain = unpack(body, head);
  if ("fault" in plain) return null;
  const text = toUtf8(plain.bytes, charsetIn(plain.bytes, head.contentType));
  return "fault" in text ? null : text.utf8;
}

function readAsJson(bytes: Uint8Array, charset: string): BodyContent {
  const text = toUtf8(bytes, charset);
  if ("fault" in text) return { kind: "unreadable", why: text.fault };
  const json = readJson(text.utf8);
  return typeof json === "string" ? { kind: "unreadable", why: WHY_UNREAD[json] } : { kind: "json", json };
}

function readAsForm(bytes: Uint8Array, charset: string): BodyContent {
  const fields = readFormValues(bytes, createStrictDecode(charset));
  if (fields !== null) return { kind: "form", fields };
  const why =
    bytes.byteLength > MAX_FORM_BYTES
      ? "The body is a form larger than 256 KiB."
      : "The body is a form of more than 1,000 fields.";
  return { kind: "unreadable", why };
}

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

function toUtf8(bytes: Uint8Array, charset: string): Readonly<{ utf8: Uint8Array } | { fault: string }> {
  if (bytes.byteLength > MAX_JSON_BYTES) return { fault: "The body is larger than 1 MiB." };
  const isKnownUtf8 = charset === "utf-8";
  const name = charset.toUpperCase();
  if (!isKnownUtf8 && bytes.byteLength > MAX_RECODED_BYTES)
    return { fault: `The body is larger than 512 KiB, and ${name} instead of UTF-8.` };
  if (!isKnownUtf8) {
    const text = createStrictDecode(charset)(bytes);
    if (text !== null) return { utf8: new TextEncoder().encode(text) };
  } else if (isUtf8(bytes)) {
    return {
      utf8: BYTE_ORDER_MARK.every((byte, place) => bytes[place] === byte) ? bytes.subarray(3) : bytes,
    };
  }
  return { fault: `The body is not valid ${name}.` };
}
