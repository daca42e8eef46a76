/** Reads a request's exact bytes up to a limit. */
import { AppError } from "../lib/errors.ts";
import { createBodyMemory } from "./body-memory.ts";

export type BodyReader = Readonly<{
  /**
   * Rejects with AppError `too_large` (nothing is cut short), or `unavailable` while memory is full. `ownLimit` is
   * the entrypoint's; null, and beyond it, the server's counts.
   */
  read: (request: Request, ownLimit: number | null) => Promise<Uint8Array>;
  /** Gives the memory of a body back once it is stored or refused. */
  release: (body: Uint8Array) => void;
}>;

const NO_BODY = Promise.resolve(new Uint8Array(0));

export function createBodyReader(options: { maxBodyBytes: number; onTooLarge: () => void }): BodyReader {
  const { maxBodyBytes, onTooLarge } = options;
  const memory = createBodyMemory(maxBodyBytes);

  function tooLarge(limit: number): AppError {
    const isOwn = limit < maxBodyBytes;
    // Their owner set that limit; the log is the operator's.
    if (!isOwn) onTooLarge();
    return new AppError({
      kind: "too_large",
      message: `The body is larger than ${limit} bytes, and nothing of it was stored.`,
      hint: isOwn ? "The entrypoint's owner can raise its limit." : "The operator can raise MAX_BODY_BYTES.",
    });
  }

  async function readKnown(request: Request, length: number): Promise<Uint8Array> {
    memory.resize(0, length);
    try {
      return await request.bytes();
    } catch (error) {
      memory.resize(length, 0);
      throw hangUp(error);
    }
  }

  async function readCounting(body: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array> {
    const reader = body.getReader();
    const chunks: Uint8Array[] = [];
    let length = 0;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return Buffer.concat(chunks, length);
        if (length + value.byteLength > limit) throw tooLarge(limit);
        memory.resize(length, length + value.byteLength);
        length += value.byteLength;
        chunks.push(value);
      }
    } catch (error) {
      memory.resize(length, 0);
      // The rest is not read; the sender may be told before it has sent everything.
      reader.cancel().catch(() => undefined);
      throw error instanceof AppError ? error : hangUp(error);
    }
  }

  return {
    read(request, ownLimit) {
      const limit = ownLimit === null ? maxBodyBytes : Math.min(ownLimit, maxBodyBytes);
      // A length that is sent twice arrives as "5, 5", which is no number: its bytes are counted.
      const stated = Number(request.headers.get("content-length") ?? Number.NaN);
      if (stated > limit) return Promise.reject(tooLarge(limit));
      if (stated >= 0) return readKnown(request, stated);
      return request.body === null ? NO_BODY : readCounting(request.body, limit);
    },
    release: (body) => memory.resize(body.byteLength, 0),
  };
}

function hangUp(cause: unknown): AppError {
  return new AppError({
    kind: "malformed",
    code: "incomplete_body",
    message: "The request ended before its body did; nothing was stored.",
    cause,
  });
}
