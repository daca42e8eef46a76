/** Decodes text by the charset that its content type names; what does not fit that charset is no text. */

/** Those of the encoding standard in which bodies are sent. */
const KNOWN = [
  ...(["utf-8", "utf8", "utf-16le", "utf-16be", "iso-8859-1", "latin1", "iso-8859-2", "iso-8859-3"] as const),
  ...(["iso-8859-4", "iso-8859-5", "iso-8859-6", "iso-8859-7", "iso-8859-8", "iso-8859-9"] as const),
  ...(["iso-8859-10", "iso-8859-13", "iso-8859-14", "iso-8859-15", "iso-8859-16", "ibm866"] as const),
  ...(["windows-874", "windows-1250", "windows-1251", "windows-1252", "windows-1253"] as const),
  ...(["windows-1254", "windows-1255", "windows-1256", "windows-1257", "windows-1258"] as const),
  ...(["koi8-r", "koi8-u", "macintosh", "gb2312", "gbk", "gb18030", "big5"] as const),
  ...(["euc-jp", "euc-kr", "iso-2022-jp", "shift_jis"] as const),
] satisfies Bun.Encoding[];

const BY_NAME: ReadonlyMap<string, Bun.Encoding> = new Map<string, Bun.Encoding>([
  ...KNOWN.map((name) => [name, name] as const),
  // Some call UTF-8 so, of which ASCII is a part.
  ["us-ascii", "utf-8"],
  ["ascii", "utf-8"],
  ["utf-16", "utf-16le"],
]);

/** Of a content type, in lower case; "utf-8" where it names none. */
export function charsetOf(contentType: string): string {
  return /;\s*charset="?([\w-]{1,40})/i.exec(contentType)?.[1]?.toLowerCase() ?? "utf-8";
}

/** Whether its characters beyond ASCII can be decoded. */
export function isKnownCharset(charset: string): boolean {
  return BY_NAME.has(charset);
}

/** Throws on bytes that do not fit. A charset that is not known counts as UTF-8, of which ASCII is a part. */
export function strictDecoder(charset: string): TextDecoder {
  return new TextDecoder(BY_NAME.get(charset) ?? "utf-8", { fatal: true });
}

/** Gives null for bytes that do not fit. A byte order mark is left out. */
export function createStrictDecode(charset: string): (bytes: Uint8Array) => string | null {
  const decoder = strictDecoder(charset);
  return (bytes) => {
    try {
      return decoder.decode(bytes);
    } catch {
      return null;
    }
  };
}
