/** Reads what holds a signature: one or several, bare, behind a prefix, or as pairs of a key and a value with the time. */
import { decode, type Encoding } from "./signature.ts";

export type ListForm = Readonly<{
  encoding: Encoding;
  /** Stands before each signature: "sha256=". */
  prefix?: string | undefined;
  /** Letters that stand between the items; without more said a comma. Blanks do too, but where the prefix has one. */
  separator?: string | undefined;
  /** Keys of pairs that hold a signature: ["v1"] in "t=1,v1=…". Without them the items themselves are signatures. */
  signatureKeys?: readonly string[] | undefined;
  /** The key of the pair that holds the time: "t". */
  timestampKey?: string | undefined;
  /** What stands between key and value; without more said "=". */
  keySeparator?: string | undefined;
}>;

export type SignatureList = Readonly<{
  signatures: readonly Uint8Array[];
  /** Each with those signatures that are right for it; more than one only while a sender replaces a secret. */
  timestamps: readonly string[];
}>;

/** No sender rotates through more; what follows is not looked at. */
export const MAX_SIGNATURES = 16;
/** Each is an HMAC more over the whole body. */
const MAX_TIMESTAMPS = 2;
/** Items of one list that are looked at, of whatever kind. */
const MAX_ITEMS = 64;
/** The base64 of 64 bytes' hex digits has 172 letters; a prefix may be before them. */
const MAX_ITEM_LENGTH = 512;

export function createListReader(form: ListForm): (text: string) => SignatureList {
  const { encoding, prefix = "", signatureKeys, timestampKey, keySeparator = "=" } = form;
  const separators = separatorsOf(form);

  function signatureIn(text: string): Uint8Array | null {
    return text.startsWith(prefix) ? decode(text.slice(prefix.length).trim(), encoding) : null;
  }

  return (text) => {
    const signatures: Uint8Array[] = [];
    const timestamps: string[] = [];
    for (const item of itemsOf(text, separators)) {
      const mark = signatureKeys === undefined ? -1 : item.indexOf(keySeparator);
      const key = mark === -1 ? null : item.slice(0, mark).trim();
      const value = mark === -1 ? item : item.slice(mark + keySeparator.length).trim();
      if (key !== null && key === timestampKey) {
        if (timestamps.length < MAX_TIMESTAMPS && !timestamps.includes(value)) timestamps.push(value);
        continue;
      }
      if (signatures.length === MAX_SIGNATURES) continue;
      if (signatureKeys !== undefined && (key === null || !signatureKeys.includes(key))) continue;
      const signature = signatureIn(value);
      if (signature !== null && signature.byteLength > 0) signatures.push(signature);
    }
    return { signatures, timestamps };
  };
}

/** Letters of the prefix are none, so that "HMAC " and "v1," stay whole. */
function separatorsOf({ prefix = "", separator = "," }: ListForm): ReadonlySet<string> {
  const blanks = /\s/.test(prefix) ? [] : [" ", "\t"];
  return new Set([...separator, ...blanks].filter((letter) => !prefix.includes(letter)));
}

/** One after the other, so that a long list costs no more than its beginning. */
function* itemsOf(text: string, separators: ReadonlySet<string>): Generator<string> {
  let from = 0;
  for (let count = 0; count < MAX_ITEMS && from < text.length; count++) {
    let to = from;
    while (to < text.length && !separators.has(text.charAt(to))) to++;
    if (to - from <= MAX_ITEM_LENGTH) {
      const item = text.slice(from, to).trim();
      if (item !== "") yield item;
    }
    from = to + 1;
  }
}
