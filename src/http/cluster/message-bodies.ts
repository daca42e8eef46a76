/** Streams bodies between web streams and the messages of node:http, at the pace of the slower side. */
import type { ClientRequest, IncomingMessage } from "node:http";

const HELD_BYTES = 256 * 1024;

/** Sends the body and ends the request; destroys it if the body breaks off. Never rejects. */
export async function pourInto(outgoing: ClientRequest, body: ReadableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader();
  let resume = () => {};
  outgoing.on("drain", () => resume());
  outgoing.once("close", () => {
    resume();
    reader.cancel().catch(() => undefined);
  });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (outgoing.destroyed) return;
      if (done) break;
      if (outgoing.write(value)) continue;
      await new Promise<void>((resolve) => {
        resume = resolve;
      });
    }
    outgoing.end();
  } catch {
    outgoing.destroy(new Error("the request's body broke off"));
  }
}

/** Exactly one of `onEnd` and `onBroken` is called, unless the reader cancels the stream. */
export function streamOf(
  incoming: IncomingMessage,
  { onEnd, onBroken }: { onEnd: () => void; onBroken: () => void },
): ReadableStream<Uint8Array> {
  let isOver = false;
  const end = (then: () => void): void => {
    if (isOver) return;
    isOver = true;
    then();
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const breakOff = () =>
          end(() => {
            onBroken();
            // The connection breaks off too. Without a reason, because the runtime would print it.
            controller.error();
          });
        incoming.on("data", (chunk: Uint8Array) => {
          if (isOver) return;
          controller.enqueue(chunk);
          if ((controller.desiredSize ?? 0) <= 0) incoming.pause();
        });
        incoming.once("end", () =>
          end(() => {
            onEnd();
            controller.close();
          }),
        );
        incoming.on("error", breakOff);
        incoming.once("close", breakOff);
      },
      pull() {
        incoming.resume();
      },
      cancel() {
        end(() => incoming.destroy());
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: HELD_BYTES }),
  );
}
