/** Decompresses bodies up to a size limit; bodies beyond it are not decompressed at all. */
import { isAscii } from "node:buffer";
import { promisify } from "node:util";
import zlib from "node:zlib";

/** Limit for both the compressed and the decompressed body. */
const MAX_UNPACKED_BYTES = 1024 * 1024;
const MAX_CODINGS = 10;

export type Unpacked = Readonly<{ bytes: Uint8Array } | { fault: string }>;

type Options = Readonly<{ maxOutputLength: number }>;
type Codec = Readonly<{
  now: (packed: Uint8Array, options: Options) => Uint8Array;
  aside: (packed: Uint8Array, options: Options) => Promise<Uint8Array>;
}>;

const gzip: Codec = { now: zlib.gunzipSync, aside: promisify(zlib.gunzip) };
const wrapped: Codec = { now: zlib.inflateSync, aside: promisify(zlib.inflate) };
const raw: Codec = { now: zlib.inflateRawSync, aside: promisify(zlib.inflateRaw) };
const brotli: Codec = { now: zlib.brotliDecompressSync, aside: promisify(zlib.brotliDecompress) };

function codecOf(encoding: string, packed: Uint8Array): Codec | null {
  switch (encoding) {
    case "gzip":
    case "x-gzip":
      return gzip;
    case "deflate":
      // The standard means zlib's format; some senders omit its header, as some browsers once expected.
      return ((packed[0] ?? 0) & 0x0f) === 8 ? wrapped : raw;
    case "br":
      return brotli;
    default:
      return null;
  }
}

/**
 * Content codings that compress, supported or not. Others are ignored: many senders name a charset there, such as
 * "utf-8".
 */
const COMPRESSIONS: ReadonlySet<string> = new Set([
  "gzip",
  "x-gzip",
  "deflate",
  "br",
  "zstd",
  "dcb",
  "dcz",
  "compress",
  "x-compress",
  "exi",
  "pack200-gzip",
  "bzip2",
  "x-bzip2",
  "lz4",
  "lzma",
  "snappy",
  "xz",
]);

/**
 * Returns whether a body is compressed as its Content-Encoding says. Plain text is not: proxies that decompress a body
 * may leave its Content-Encoding.
 */
export function isPacked(body: Uint8Array, contentEncoding: string): boolean {
  if (contentEncoding === "") return false;
  const encoding = normal(contentEncoding);
  if (encoding === "" || isPlainText(body)) return false;
  const isGzip = encoding === "gzip" || encoding === "x-gzip";
  return !isGzip || (body[0] === 0x1f && body[1] === 0x8b);
}

/** Compressed bytes may all be ASCII if they are few, but then have control characters. */
function isPlainText(body: Uint8Array): boolean {
  return isAscii(body) && !body.subarray(0, 64).some((byte) => byte < 0x09 || (byte > 0x0d && byte < 0x20));
}

/** Returns the codings that compress, in lower case. */
function normal(contentEncoding: string): string {
  const codings = contentEncoding.toLowerCase().split(",", MAX_CODINGS);
  return codings
    .map((coding) => coding.trim())
    .filter((coding) => COMPRESSIONS.has(coding))
    .join(", ");
}

/** Decompresses on the event loop, which hostile bytes can block for up to 0.1 s; `unpackAside` does not block it. */
export function unpackNow(packed: Uint8Array, contentEncoding: string): Unpacked {
  const known = find(packed, contentEncoding);
  if ("fault" in known) return known;
  try {
    return { bytes: known.codec.now(packed, { maxOutputLength: MAX_UNPACKED_BYTES }) };
  } catch (error) {
    return { fault: faultOf(error, known.encoding) };
  }
}

/** One body at a time, so that thread-pool threads stay free for the disk. */
let line: Promise<unknown> = Promise.resolve();

/** Decompresses on another thread. Never rejects. */
export function unpackAside(packed: Uint8Array, contentEncoding: string): Promise<Unpacked> {
  const known = find(packed, contentEncoding);
  if ("fault" in known) return Promise.resolve(known);
  const unpacked = line
    .then(() => known.codec.aside(packed, { maxOutputLength: MAX_UNPACKED_BYTES }))
    .then(
      (bytes) => ({ bytes }),
      (error: unknown) => ({ fault: faultOf(error, known.encoding) }),
    );
  line = unpacked;
  return unpacked;
}

type Found = Readonly<{ codec: Codec; encoding: string }> | Readonly<{ fault: string }>;

function find(packed: Uint8Array, contentEncoding: string): Found {
  const encoding = normal(contentEncoding);
  const codec = codecOf(encoding, packed);
  if (codec === null) return { fault: `The Content-Encoding “${encoding.slice(0, 50)}” is not supported.` };
  if (packed.byteLength > MAX_UNPACKED_BYTES) return { fault: "The compressed body is larger than 1 MiB." };
  return { codec, encoding };
}

function faultOf(error: unknown, encoding: string): string {
  const isTooLarge = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
  return isTooLarge
    ? "The body decompresses to more than 1 MiB."
    : `The body is not valid ${encoding}, as its Content-Encoding says.`;
}
