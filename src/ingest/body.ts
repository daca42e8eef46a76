/** Reads a request's exact bytes up to a limit, and bounds what all requests together hold in memory. */
import { AppError } from "../lib/errors.ts";

/** All bodies that are being received or stored at once may hold this many times the largest allowed one. */
const BODIES_AT_ONCE = 12;

export type BodyReader = Readonly<{
  /** Rejects with AppError `too_large` (nothing is cut short), or `unavailable` while memory is full. */
  read: (request: Request) => Promise<Uint8Array>;
  /** Gives the memory of a body back once it is stored or refused. */
  release: (body: Uint8Array) => void;
}>;

const EMPTY = new Uint8Array(0);

export function createBodyReader(options: { maxBodyBytes: number; onTooLarge: () => void }): BodyReader {
  const { maxBodyBytes, onTooLarge } = options;
  const budget = maxBodyBytes * BODIES_AT_ONCE;
  let held = 0;

  function tooLarge(): AppError {
    onTooLarge();
    return new AppError({
      kind: "too_large",
      message: `The body is larger than ${maxBodyBytes} bytes, and nothing of it was stored.`,
      hint: "The operator can raise MAX_BODY_BYTES.",
    });
  }

  function reserve(bytes: number): void {
    if (held + bytes > budget) {
      throw new AppError({
        kind: "unavailable",
        code: "busy",
        message: "Too many large requests at once; this one was not stored.",
        retryAfterSeconds: 5,
      });
    }
    held += bytes;
  }

  async function readKnown(request: Request, length: number): Promise<Uint8Array> {
    if (length > maxBodyBytes) throw tooLarge();
    reserve(length);
    try {
      return new Uint8Array(await request.arrayBuffer());
    } catch (error) {
      held -= length;
      throw hangUp(error);
    }
  }

  async function readChunked(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
    const reader = body.getReader();
    const chunks: Uint8Array[] = [];
    let length = 0;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return Buffer.concat(chunks, length);
        if (length + value.byteLength > maxBodyBytes) throw tooLarge();
        reserve(value.byteLength);
        length += value.byteLength;
        chunks.push(value);
      }
    } catch (error) {
      held -= length;
      // The rest is not read; the sender may be told before it has sent everything.
      reader.cancel().catch(() => undefined);
      throw error instanceof AppError ? error : hangUp(error);
    }
  }

  return {
    async read(request) {
      const stated = request.headers.get("content-length");
      if (stated !== null) return readKnown(request, Number(stated));
      return request.body === null ? EMPTY : readChunked(request.body);
    },
    release(body) {
      held -= body.byteLength;
    },
  };
}

function hangUp(cause: unknown): AppError {
  return new AppError({
    kind: "invalid",
    code: "incomplete_body",
    message: "The request ended before its body did; nothing was stored.",
    cause,
  });
}
