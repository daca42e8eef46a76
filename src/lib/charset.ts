/** Decodes text by the charset that its content type names; what does not fit that charset is no text. */

/** Those in use beside UTF-8, by the names that senders give them. */
const CHARSETS: Readonly<Record<string, Bun.Encoding>> = {
  "iso-8859-1": "windows-1252",
  latin1: "windows-1252",
  "windows-1252": "windows-1252",
  "iso-8859-15": "iso-8859-15",
  shift_jis: "shift_jis",
  "utf-16": "utf-16le",
  "utf-16le": "utf-16le",
  "utf-16be": "utf-16be",
};

/** Of a content type, in lower case; "utf-8" where it names none. */
export function charsetOf(contentType: string): string {
  return /;\s*charset="?([\w-]{1,40})/i.exec(contentType)?.[1]?.toLowerCase() ?? "utf-8";
}

/** Throws on bytes that do not fit. A charset that is not known counts as UTF-8, of which ASCII is a part. */
export function strictDecoder(charset: string): TextDecoder {
  return new TextDecoder(CHARSETS[charset] ?? "utf-8", { fatal: true });
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
