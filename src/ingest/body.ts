/** Reads a request's exact bytes up to a limit. */
import type { Clock } from "../lib/clock.ts";
import { AppError } from "../lib/errors.ts";
import { type BodyRoom, type CountedBody, createBodyMemory, roomFor } from "./body-memory.ts";
import type { Sender } from "./body-shares.ts";
import { gatherBytes } from "./gathered-bytes.ts";

export type BodyReader = Readonly<{
  /**
   * Rejects with AppError `too_large` (nothing is cut short), `malformed` where the body did not come whole, or
   * `unavailable` while memory is full.
   */
  read: (asked: {
    request: Request;
    entrypointId: string;
    /** The entrypoint's own; null, and beyond it, the server's counts. */
    ownLimit: number | null;
    /** Asked for only where it matters. */
    remoteAddress: () => string;
  }) => Promise<Uint8Array>;
  /** Gives the memory of a body back once it is stored or refused. */
  release: (body: Uint8Array) => void;
}>;

/**
 * Bodies announced as no longer are read by the runtime in one go: through a stream a body of 1 KB costs another half of
 * what all of its request does, one of 256 KB a tenth.
 */
const SHORT_BYTES = 256 * 1024;

/** `most`: the length that is announced, or the largest that is taken. */
type Counting = Sender & Readonly<{ most: number }>;

const NO_BODY = Promise.resolve(new Uint8Array(0));

export function createBodyReader(options: {
  maxBodyBytes: number;
  onTooLarge: () => void;
  clock: Pick<Clock, "monotonic">;
  /** By default what goes with `maxBodyBytes`. */
  bodyRoom?: BodyRoom;
}): BodyReader {
  const { maxBodyBytes, onTooLarge, clock, bodyRoom = roomFor(maxBodyBytes) } = options;
  const memory = createBodyMemory({ room: bodyRoom, clock });
  const counted = new Map<Uint8Array, CountedBody>();

  function tooLarge(limit: number): AppError {
    const isOwn = limit < maxBodyBytes;
    // Their owner set that limit; the log is the operator's.
    if (!isOwn) onTooLarge();
    return new AppError({
      kind: "too_large",
      message: `The body exceeds ${limit} bytes. Nothing was stored.`,
      hint: isOwn ? "The entrypoint's owner can raise its limit." : "The operator can raise MAX_BODY_BYTES.",
    });
  }

  async function readShort(request: Request, length: number): Promise<Uint8Array> {
    try {
      return await request.bytes();
    } catch (error) {
      memory.release(length);
      throw hangUp(error);
    }
  }

  async function readCounting(
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    { most, ...sender }: Counting,
  ): Promise<Uint8Array> {
    const reader = stream.getReader();
    const bytes = gatherBytes(most);
    const cutOff: { reason: AppError | null } = { reason: null };
    const place = memory.count(sender, (reason) => {
      cutOff.reason = reason;
      bytes.drop();
      reader.cancel().catch(() => undefined);
    });
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (cutOff.reason !== null) throw cutOff.reason;
        if (done) break;
        if (bytes.length() + value.byteLength > most) throw tooLarge(most);
        place.grow({ bytes: value.byteLength, memory: bytes.growthFor(value.byteLength) });
        bytes.add(value);
      }
      const body = bytes.take();
      place.complete(body.byteLength);
      counted.set(body, place);
      return body;
    } catch (error) {
      place.end();
      bytes.drop();
      // The rest is not read; the sender may be told before it has sent everything.
      reader.cancel().catch(() => undefined);
      throw error instanceof AppError ? error : hangUp(error);
    }
  }

  async function readChunked(
    request: Request,
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    how: Counting,
  ): Promise<Uint8Array> {
    if (request.headers.has("trailer")) throw hasTrailers();
    const body = await readCounting(stream, how);
    // The runtime takes the body for complete, reads trailers as another request, answers 400 and closes: by the next
    // turn that has happened, and nothing may be stored.
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (!request.signal.aborted) return body;
    release(body);
    throw hasTrailers();
  }

  function release(body: Uint8Array): void {
    const place = counted.size === 0 ? undefined : counted.get(body);
    if (place === undefined) {
      memory.release(body.byteLength);
      return;
    }
    counted.delete(body);
    place.end();
  }

  return {
    read({ request, entrypointId, ownLimit, remoteAddress }) {
      const limit = ownLimit === null ? maxBodyBytes : Math.min(ownLimit, maxBodyBytes);
      // A length that is sent twice arrives as "5, 5", which is no number: its bytes are counted.
      const stated = Number(request.headers.get("content-length") ?? Number.NaN);
      if (stated > limit) return Promise.reject(tooLarge(limit));
      if (stated <= SHORT_BYTES && memory.reserve(stated)) return readShort(request, stated);
      if (request.body === null) return NO_BODY;
      const sender = { entrypointId, address: remoteAddress() };
      if (stated >= 0) return readCounting(request.body, { ...sender, most: stated });
      return readChunked(request, request.body, { ...sender, most: limit });
    },
    release,
  };
}

function hangUp(cause: unknown): AppError {
  return new AppError({
    kind: "malformed",
    code: "incomplete_body",
    message: "The request ended before its body was complete. Nothing was stored.",
    cause,
  });
}

function hasTrailers(): AppError {
  return new AppError({
    kind: "malformed",
    code: "trailers_not_supported",
    message: "Chunked bodies with trailer fields are not supported. Nothing was stored.",
    hint: "Send the body with a Content-Length, or without trailer fields.",
  });
}
