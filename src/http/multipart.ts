/** Reads multipart/form-data part by part as it arrives; only the caller buffers data. */
import { AppError } from "../lib/errors.ts";

export type Part = Readonly<{
  name: string;
  /** Null for a plain field; "" for a file field without a file. */
  fileName: string | null;
  /** Read it completely or not at all, before the next part. */
  body: AsyncIterable<Uint8Array>;
}>;

const FORM_TYPE = /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s";]{1,70}))/i;
const MAX_HEAD_BYTES = 16 * 1024;
const HEAD_END = Buffer.from("\r\n\r\n");

/** Throws AppError `unsupported_type` if the body is not a form, or `malformed` if it is cut off. */
export async function* partsOf(request: Request): AsyncGenerator<Part> {
  const [, quoted, plain] = FORM_TYPE.exec(request.headers.get("content-type") ?? "") ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) {
    throw new AppError({ kind: "unsupported_type", message: "The body is not a form with a file." });
  }
  const delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
  const bytes = new Bytes(request.body);
  try {
    await exhaust(bytes.until(delimiter));
    while ((await bytes.take(2)) === "\r\n") {
      const head = await textOf(bytes.until(HEAD_END), MAX_HEAD_BYTES);
      const body = bytes.until(delimiter);
      yield { ...namesIn(head), body };
      await exhaust(body);
    }
  } finally {
    await bytes.close();
  }
}

/** Throws AppError `too_large`. */
export async function textOf(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new AppError({ kind: "too_large", message: "A form field is too long." });
    kept.push(chunk);
  }
  return Buffer.concat(kept).toString("utf8");
}

/** Received bytes that are not consumed yet, and the source of more. */
class Bytes {
  readonly #chunks: AsyncIterator<Uint8Array> | null;
  /** Starts with a line end, which the first delimiter lacks. */
  #buffered: Buffer = Buffer.from("\r\n");

  constructor(body: ReadableStream<Uint8Array> | null) {
    this.#chunks = body?.[Symbol.asyncIterator]() ?? null;
  }

  /** Yields everything before `mark` in pieces, and skips the mark. */
  async *until(mark: Buffer): AsyncGenerator<Uint8Array> {
    for (;;) {
      const buffered = this.#buffered;
      const at = buffered.indexOf(mark);
      // The mark may begin after this index and end in the next chunk.
      const end = at === -1 ? Math.max(0, buffered.length - mark.length + 1) : at;
      this.#buffered = buffered.subarray(at === -1 ? end : end + mark.length);
      if (end > 0) yield buffered.subarray(0, end);
      if (at !== -1) return;
      await this.#more();
    }
  }

  async take(count: number): Promise<string> {
    while (this.#buffered.length < count) await this.#more();
    const taken = this.#buffered.toString("latin1", 0, count);
    this.#buffered = this.#buffered.subarray(count);
    return taken;
  }

  async close(): Promise<void> {
    await this.#chunks?.return?.();
  }

  async #more(): Promise<void> {
    const next = await this.#next();
    if (next === undefined || next.done === true) throw cutOff();
    this.#buffered = Buffer.concat([this.#buffered, next.value]);
  }

  async #next(): Promise<IteratorResult<Uint8Array> | undefined> {
    try {
      return await this.#chunks?.next();
    } catch (cause) {
      throw cutOff(cause);
    }
  }
}

/** Browsers escape a quote in a name as %22. */
function namesIn(head: string): Pick<Part, "name" | "fileName"> {
  const [disposition = ""] = /^content-disposition:.*$/im.exec(head) ?? [];
  const [, name = ""] = /;\s*name="([^"]*)"/i.exec(disposition) ?? [];
  const [, fileName = null] = /;\s*filename="([^"]*)"/i.exec(disposition) ?? [];
  return { name, fileName };
}

async function exhaust(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of chunks);
}

function cutOff(cause?: unknown): AppError {
  return new AppError({ kind: "malformed", message: "The form is incomplete. Send it again.", cause });
}
