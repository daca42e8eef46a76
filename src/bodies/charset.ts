/** Decodes text by the charset of its content type; bytes that do not fit the charset are rejected. */

/** Charsets of the WHATWG Encoding Standard in which bodies are sent. */
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
  // Some senders label UTF-8 as ASCII, which is a subset of it.
  ["us-ascii", "utf-8"],
  ["ascii", "utf-8"],
  ["utf-16", "utf-16le"],
  ["utf16", "utf-16le"],
  ["ucs-2", "utf-16le"],
  ["latin-1", "latin1"],
  ["shift-jis", "shift_jis"],
  ["sjis", "shift_jis"],
  ["windows-31j", "shift_jis"],
  ["ms932", "shift_jis"],
]);

/** Returns the charset of a content type in lower case and its usual spelling; "utf-8" if it names none. */
export function charsetOf(contentType: string): string {
  const name = /;\s*charset\s*=\s*["']?([\w-]{1,40})/i.exec(contentType)?.[1]?.toLowerCase();
  // Nearly all bodies: events are read as they come in.
  if (name === undefined || name === "utf-8") return "utf-8";
  return name.replace(/^iso[_-]?8859[_-]?(?=\d)/, "iso-8859-").replace(/^(?:x-)?cp-?(?=125\d$)/, "windows-");
}

/**
 * Returns the charset of the bytes: by their byte order mark, else by the content type, else UTF-8. UTF-16 of unknown
 * byte order is recognised by the zero bytes of its ASCII.
 */
export function charsetIn(bytes: Uint8Array, contentType: string): string {
  const [first, second, third, fourth] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8";
  const named = charsetOf(contentType);
  if (named !== "utf-8" && named !== "utf-16") return named;
  const isWide = named === "utf-16" || (bytes.length % 2 === 0 && bytes.length >= 4);
  if (isWide && first === 0 && second !== 0 && (third === 0 || bytes.length < 4)) return "utf-16be";
  if (isWide && first !== 0 && second === 0 && (fourth === 0 || bytes.length < 4)) return "utf-16le";
  return named;
}

/** Returns whether non-ASCII characters of the charset can be decoded. */
export function isKnownCharset(charset: string): boolean {
  return BY_NAME.has(charset);
}

/**
 * Returns a decoder that throws on bytes that do not fit. Unknown charsets are decoded as UTF-8, of which ASCII is a
 * subset.
 */
export function strictDecoder(charset: string): TextDecoder {
  return new TextDecoder(BY_NAME.get(charset) ?? "utf-8", { fatal: true });
}

/** Returns a function that decodes bytes, or returns null if they do not fit. It drops a byte order mark. */
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
