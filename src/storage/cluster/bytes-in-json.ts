/**
 * Takes the bytes out of plain data, so that JSON carries the rest, and puts them back.
 *
 * Each Uint8Array becomes `{"$bytes": length}`. Keys of the data's own that begin with "$" get a second one, so that no
 * data looks like such a marker. Whatever holds no bytes is passed on as it is, not copied.
 */

export type PlainData =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly PlainData[]
  /** Properties that are undefined are left out, as JSON does. */
  | { readonly [key: string]: PlainData | undefined };

/** Neither events nor commands come near; deeper data would exhaust the stack. */
const MAX_DEPTH = 100;

const MARKER = "$bytes";

/** Data that cannot be carried, or that no `takeBytes` has made. */
export class NotPlain extends Error {
  override readonly name = "NotPlain";
}

/** Returns the data with markers, and appends its bytes to `bodies` in the order of the markers. */
export function takeBytes(data: unknown, bodies: Uint8Array[], depth = 0): unknown {
  if (isLeaf(data)) {
    if (typeof data === "number" && !Number.isFinite(data)) throw new NotPlain(`JSON has no ${data}.`);
    return data;
  }
  if (data instanceof Uint8Array) {
    bodies.push(data);
    return { [MARKER]: data.byteLength };
  }
  if (typeof data !== "object") throw new NotPlain(`A ${typeof data} is not plain data.`);
  if (depth === MAX_DEPTH) throw new NotPlain("It is nested too deeply.");
  if (Array.isArray(data)) return convertedList(data, (item) => takeBytes(item, bodies, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(data);
  if (prototype !== Object.prototype && prototype !== null)
    throw new NotPlain("An object of a class is not plain.");
  return convertedObject(data, escaped, (value) => takeBytes(value, bodies, depth + 1));
}

/** Reverses `takeBytes` on what JSON.parse returned. `next` returns the next body, of that many bytes. */
export function putBytes(data: unknown, next: (length: number) => Uint8Array, depth = 0): unknown {
  if (isLeaf(data)) return data;
  if (typeof data !== "object" || depth === MAX_DEPTH) throw new NotPlain("It is nested too deeply.");
  if (Array.isArray(data)) return convertedList(data, (item) => putBytes(item, next, depth + 1));
  if (Object.hasOwn(data, MARKER)) return next(lengthOf(data));
  return convertedObject(data, unescaped, (value) => putBytes(value, next, depth + 1));
}

function isLeaf(data: unknown): data is null | string | number | boolean {
  return data === null || typeof data === "string" || typeof data === "number" || typeof data === "boolean";
}

function escaped(key: string): string {
  return key.startsWith("$") ? `$${key}` : key;
}

function unescaped(key: string): string {
  if (!key.startsWith("$")) return key;
  if (key.startsWith("$$")) return key.slice(1);
  throw new NotPlain(`The key ${JSON.stringify(key)} is not escaped.`);
}

function lengthOf(marker: { [MARKER]?: unknown }): number {
  const length = marker[MARKER];
  const isAlone = Object.keys(marker).length === 1;
  if (isAlone && typeof length === "number" && Number.isSafeInteger(length) && length >= 0) return length;
  throw new NotPlain(`A ${MARKER} is no length.`);
}

/** Returns `list` itself if no item changes. */
function convertedList(list: readonly unknown[], convert: (item: unknown) => unknown): readonly unknown[] {
  let copy: unknown[] | null = null;
  for (const [index, item] of list.entries()) {
    const converted = convert(item);
    if (copy === null && converted !== item) copy = list.slice(0, index);
    copy?.push(converted);
  }
  return copy ?? list;
}

/** Returns `object` itself if neither a key nor a value changes. */
function convertedObject(
  object: object,
  convertKey: (key: string) => string,
  convert: (value: unknown) => unknown,
): object {
  let isSame = true;
  const pairs: [string, unknown][] = [];
  for (const [key, value] of Object.entries(object)) {
    if (value === undefined) continue;
    const pair: [string, unknown] = [convertKey(key), convert(value)];
    isSame &&= pair[0] === key && pair[1] === value;
    pairs.push(pair);
  }
  // Not by assignment, which would set the prototype where a key is `__proto__`.
  return isSame ? object : Object.fromEntries(pairs);
}
