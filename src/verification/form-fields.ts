/** Finds a few short fields in a form of either encoding without reading the rest, which may hold a whole email. */

/** No field that callers look for is longer. */
const MAX_VALUE_BYTES = 500;
/** Fields that are scanned. Emails have a few dozen, including attachments. */
const MAX_FIELDS = 1_000;
const MAX_HEAD_BYTES = 2_048;

const URLENCODED = "application/x-www-form-urlencoded";
const BOUNDARY = /^multipart\/form-data\s*;(?:[^,]*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s";]{1,70}))/i;
const AMPERSAND = 0x26;
const HEAD_END = Buffer.from("\r\n\r\n");

/** Returns the first value of each name; null if the content type is not a form's. */
export function findFormFields(options: {
  contentType: string | null;
  body: Uint8Array;
  names: readonly string[];
}): ReadonlyMap<string, string> | null {
  const { contentType, names } = options;
  const body = Buffer.from(options.body.buffer, options.body.byteOffset, options.body.byteLength);
  const type = contentType ?? "";
  if (type.split(";", 1)[0]?.trim().toLowerCase() === URLENCODED) return inPairs(body, names);
  const [, quoted, plain] = BOUNDARY.exec(type) ?? [];
  const boundary = quoted ?? plain;
  return boundary === undefined ? null : inParts(body, boundary, names);
}

function inPairs(body: Buffer, names: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const longest = Math.max(...names.map((name) => name.length));
  let from = 0;
  for (let pairs = 0; pairs < MAX_FIELDS && from <= body.length && found.size < names.length; pairs++) {
    const mark = body.indexOf(AMPERSAND, from);
    const end = mark === -1 ? body.length : mark;
    const [name = ""] = body.toString("latin1", from, Math.min(end, from + longest + 1)).split("=", 1);
    const start = from + name.length + 1;
    if (names.includes(name) && !found.has(name) && end - start <= MAX_VALUE_BYTES) {
      const [pair] = new URLSearchParams(`value=${body.toString("latin1", start, end)}`);
      if (pair !== undefined) found.set(name, pair[1]);
    }
    from = end + 1;
  }
  return found;
}

function inParts(body: Buffer, boundary: string, names: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
  // The first delimiter may have no line before it.
  let at = body.indexOf(delimiter.subarray(2));
  if (at !== 0) at = body.indexOf(delimiter);
  for (let parts = 0; at !== -1 && parts < MAX_FIELDS && found.size < names.length; parts++) {
    const from = body.indexOf("\r\n", at + delimiter.length - 2);
    if (from === -1) break;
    const end = body.subarray(from, from + MAX_HEAD_BYTES).indexOf(HEAD_END);
    const next = body.indexOf(delimiter, from);
    if (end !== -1 && next !== -1) {
      const name = nameIn(body.toString("latin1", from, from + end));
      const start = from + end + HEAD_END.length;
      const isShort = start <= next && next - start <= MAX_VALUE_BYTES;
      if (name !== null && names.includes(name) && !found.has(name) && isShort)
        found.set(name, body.toString("utf8", start, next));
    }
    at = next;
  }
  return found;
}

/** Returns a part's name; null for a file, because callers look for plain fields. */
function nameIn(head: string): string | null {
  const [disposition = ""] = /^content-disposition:.*$/im.exec(head) ?? [];
  if (/;\s*filename\*?=/i.test(disposition)) return null;
  const [, quoted, plain] = /;\s*name=(?:"([^"]*)"|([^\s;"]+))/i.exec(disposition) ?? [];
  return quoted ?? plain ?? null;
}
