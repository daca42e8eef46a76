/** Heartbeats of the nodes: core NATS messages, which are neither stored nor repeated. */
import { z } from "zod";
import type { Connection } from "./connection.ts";

const beatSchema = z.object({ node: z.string(), data: z.unknown() });

export function sendBeat(
  { nats, isConnected }: Connection,
  subject: string,
  beat: Readonly<{ node: string; data: unknown }>,
): void {
  // The client would keep it and send it when it is not true any more.
  if (isConnected()) nats.publish(subject, JSON.stringify(beat));
}

/** Beats that cannot be read are left out. Returns a function that ends it. */
export function hearBeats(
  { nats }: Connection,
  subject: string,
  heard: (node: string, data: unknown) => void,
): () => void {
  const subscription = nats.subscribe(subject, {
    callback(error, message) {
      if (error !== null) return;
      const beat = beatSchema.safeParse(parsed(message.string()));
      // Not from here: an error of the listener's would end the client's reading from its socket.
      if (beat.success) queueMicrotask(() => heard(beat.data.node, beat.data.data));
    },
  });
  return () => subscription.unsubscribe();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
