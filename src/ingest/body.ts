/** Reads a request's exact bytes up to a limit. */
import type { Clock } from "../lib/clock.ts";
import { AppError } from "../lib/errors.ts";
import { type BodyRoom, type CountedBody, createBodyMemory, roomFor } from "./body-memory.ts";
import type { Sender } from "./body-shares.ts";
import { gatherBytes } from "./gathered-bytes.ts";

export type BodyReader = Readonly<{
  /**
   * Reads the whole body. Rejects with AppError `too_large` (bodies are never truncated), `malformed` if the body did
   * not arrive completely, or `unavailable` while memory is full.
   */
  read: (asked: {
    request: Request;
    entrypointId: string;
    /** The entrypoint's own limit. The server's limit applies if this is null or higher. */
    ownLimit: number | null;
    /** Called only if needed. */
    remoteAddress: () => string;
  }) => Promise<Uint8Array>;
  /**
   * Call before a body is stored that waited since it was read. Throws AppError `malformed` if trailer fields came
   * meanwhile: the runtime has responded 400 then.
   */
  recheck: (request: Request) => void;
  /** Releases the memory of a body once it is stored or refused. */
  release: (body: Uint8Array) => void;
}>;

/**
 * The runtime reads bodies up to this Content-Length in one go. Reading a 1 KB body through a stream adds half of its
 * request's whole cost; a 256 KB body, a tenth.
 */
const SHORT_BYTES = 256 * 1024;

/**
 * A chunked body is stored this long after its end, as trailer fields may follow in a packet of their own. Senders that
 * split them off write them right afterwards.
 */
const TRAILERS_MS = 10;

/** `most`: the Content-Length, or the largest accepted length. */
type Counting = Sender & Readonly<{ most: number }>;

const NO_BODY = Promise.resolve(new Uint8Array(0));

export function createBodyReader(options: {
  maxBodyBytes: number;
  onTooLarge: () => void;
  clock: Pick<Clock, "monotonic" | "after">;
  /** How long trailer fields are waited for; 0: for one turn of the event loop. */
  trailersMs?: number;
  /** Default: derived from `maxBodyBytes`. */
  bodyRoom?: BodyRoom;
}): BodyReader {
  const { maxBodyBytes, onTooLarge, clock, bodyRoom = roomFor(maxBodyBytes) } = options;
  const { trailersMs = TRAILERS_MS } = options;
  const memory = createBodyMemory({ room: bodyRoom, clock });
  const counted = new Map<Uint8Array, CountedBody>();

  function tooLarge(limit: number): AppError {
    const isOwn = limit < maxBodyBytes;
    // The entrypoint's owner set that limit; the log is for the operator.
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
      // The rest is not read; the sender may get the response before it has sent everything.
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
    // The runtime treats the body as complete after the line "0". If a trailer field follows instead of an empty line,
    // it responds 400 and closes; nothing may be stored then.
    await new Promise<void>((resolve) =>
      trailersMs === 0 ? setImmediate(resolve) : clock.after(trailersMs, resolve),
    );
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
      // A repeated Content-Length arrives as "5, 5", which is not a number, so the bytes are counted.
      const stated = Number(request.headers.get("content-length") ?? Number.NaN);
      if (stated > limit) return Promise.reject(tooLarge(limit));
      if (stated <= SHORT_BYTES && memory.reserve(stated)) return readShort(request, stated);
      if (request.body === null) return NO_BODY;
      const sender = { entrypointId, address: remoteAddress() };
      if (stated >= 0) return readCounting(request.body, { ...sender, most: stated });
      return readChunked(request, request.body, { ...sender, most: limit });
    },
    recheck(request) {
      if (!request.headers.has("content-length") && request.body !== null && request.signal.aborted)
        throw hasTrailers();
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
