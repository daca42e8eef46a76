/** Reads signatures from a text: one or several, bare, with a prefix, or as key-value pairs with a timestamp. */
import { decode, type Encoding } from "./signature.ts";

export type ListForm = Readonly<{
  encoding: Encoding;
  /** Text before each signature: "sha256=". */
  prefix?: string | undefined;
  /**
   * Characters that separate items; default: a comma. Spaces and tabs also separate, unless the prefix contains one.
   */
  separator?: string | undefined;
  /** Keys of the pairs that contain a signature: ["v1"] in "t=1,v1=…". Without them, each item is a signature. */
  signatureKeys?: readonly string[] | undefined;
  /** The key of the pair that contains the timestamp: "t". */
  timestampKey?: string | undefined;
  /** Text between key and value; default: "=". */
  keySeparator?: string | undefined;
}>;

type SignatureList = Readonly<{
  signatures: readonly Uint8Array[];
  /** More than one only while a sender rotates a secret. */
  timestamps: readonly string[];
}>;

/** No sender rotates through more; the rest is ignored. */
export const MAX_SIGNATURES = 16;
/** Each costs one more HMAC over the whole body. */
const MAX_TIMESTAMPS = 2;
/** Items of a list that are read, of any kind. */
const MAX_ITEMS = 64;
/** A 4,096-bit RSA signature has 1,024 hex digits, and a prefix may come before them. */
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
    // Limited, so that a long list costs no more than its beginning.
    const items = separators.test(text) ? text.split(separators, MAX_ITEMS) : [text];
    // The previous item was the bare prefix, as in "HMAC" with a space that the prefix setting lacks.
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

/** Characters of the prefix do not separate, so that "HMAC " and "v1," stay whole. */
function separatorsOf({ prefix = "", separator = "," }: ListForm): RegExp {
  const blanks = /\s/.test(prefix) ? "" : " \t";
  const letters = [...`${separator}${blanks}`].filter((letter) => !prefix.includes(letter));
  const codes = letters.map((letter) => `\\u{${letter.codePointAt(0)?.toString(16)}}`);
  // An empty character class matches nothing.
  return new RegExp(`[${codes.join("")}]+`, "u");
}
