/** Reads an uploaded logo, and writes it as the data: URL that portal settings take. */

/** A data: URL of 64 KiB has no more. */
const MAX_LOGO_BYTES = 48_000;

/** By what a file of each type starts with: a name or a declared type may be wrong. */
const TYPES: readonly (readonly [type: string, isOne: (text: string) => boolean])[] = [
  ["image/png", (text) => text.startsWith("\x89PNG\r\n\x1a\n")],
  ["image/jpeg", (text) => text.startsWith("\xff\xd8\xff")],
  ["image/gif", (text) => /^GIF8[79]a/.test(text)],
  ["image/webp", (text) => text.startsWith("RIFF") && text.startsWith("WEBP", 8)],
  // Programs write a declaration, comments and a document type before it.
  ["image/svg+xml", (text) => /^(?:\xef\xbb\xbf)?\s*<(?:\?xml|!|svg)/.test(text) && /<svg[\s>]/.test(text)],
];

/** Reads all, so that the browser gets to read the response, and keeps no more than may be. Null: it is too long. */
export async function readLogo(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array | null> {
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size <= MAX_LOGO_BYTES) kept.push(chunk);
  }
  return size > MAX_LOGO_BYTES ? null : Buffer.concat(kept);
}

/** Null if it is no image of a type that portals show. */
export function toLogo(bytes: Uint8Array): string | null {
  const buffer = Buffer.from(bytes);
  const text = buffer.toString("latin1");
  const [type] = TYPES.find(([, isOne]) => isOne(text)) ?? [];
  return type === undefined ? null : `data:${type};base64,${buffer.toString("base64")}`;
}
