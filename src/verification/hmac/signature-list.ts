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
/** An RSA signature of 4,096 bits has 1,024 hex digits; a prefix may be before them. */
const MAX_ITEM_LENGTH = 1_300;

export function createListReader(form: ListForm): (text: string) => SignatureList {
  const { encoding, prefix = "", signatureKeys, timestampKey, keySeparator = "=" } = form;
  const separators = separatorsOf(form);

  const withoutPrefix = (text: string) => (text.startsWith(prefix) ? text.slice(prefix.length).trim() : null);

  function addSignature(to: Uint8Array[], encoded: string | null): void {
    if (encoded === null || to.length === MAX_SIGNATURES) return;
    const signature = decode(encoded, encoding);
    if (signature !== null && signature.byteLength > 0) to.push(signature);
  }

  return (text) => {
    const signatures: Uint8Array[] = [];
    const timestamps: string[] = [];
    // With a limit, so that a long list costs no more than its beginning.
    const items = separators.test(text) ? text.split(separators, MAX_ITEMS) : [text];
    // As in "HMAC" with a blank after it that the prefix does not say.
    let isAfterPrefix = false;
    for (const item of items) {
      if (item.length > MAX_ITEM_LENGTH) continue;
      if (signatureKeys === undefined) {
        const bare = item.trim();
        addSignature(signatures, isAfterPrefix ? bare : withoutPrefix(bare));
        isAfterPrefix = prefix !== "" && bare === prefix;
        continue;
      }
      const mark = item.indexOf(keySeparator);
      if (mark === -1) continue;
      const key = item.slice(0, mark).trim();
      const value = item.slice(mark + keySeparator.length).trim();
      if (signatureKeys.includes(key)) addSignature(signatures, withoutPrefix(value));
      else if (key === timestampKey && timestamps.length < MAX_TIMESTAMPS && !timestamps.includes(value))
        timestamps.push(value);
    }
    return { signatures, timestamps };
  };
}

/** Letters of the prefix do not separate, so that "HMAC " and "v1," stay whole. */
function separatorsOf({ prefix = "", separator = "," }: ListForm): RegExp {
  const blanks = /\s/.test(prefix) ? "" : " \t";
  const letters = [...`${separator}${blanks}`].filter((letter) => !prefix.includes(letter));
  const codes = letters.map((letter) => `\\u{${letter.codePointAt(0)?.toString(16)}}`);
  // A class of no letters matches nothing.
  return new RegExp(`[${codes.join("")}]+`, "u");
}
