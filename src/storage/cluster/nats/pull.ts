/**
 * Pulls a stream's messages from one server's copy, by the protocol of JetStream's pull consumers (ADR-13).
 *
 * Not by the client's own iterators: those bound what they hold in memory by a number of messages, which may be large, and
 * a consumer in memory that died with its server is asked for again and again.
 */
import type { ConsumerConfig } from "@nats-io/jetstream";
import type { Msg } from "@nats-io/transport-node";
import type { Clock } from "../../../lib/clock.ts";
import type { StreamMessage } from "./joiner.ts";
import { ID, PART } from "./publish.ts";

export type Source = Readonly<{
  /** Name of the server whose copy is read. */
  server: string;
  /** Resolves with what came in, an empty list after a while in which nothing did. Rejects if the server is silent. */
  next: () => Promise<readonly StreamMessage[]>;
  close: () => void;
}>;

type Delivered = Pick<Msg, "subject" | "data" | "headers" | "reply">;

/** The needed part of the client. */
export type Wire = Readonly<{
  nats: Readonly<{
    publish: (subject: string, request: string, options: { reply: string }) => void;
    subscribe: (
      subject: string,
      options: { callback: (error: Error | null, message: Delivered) => void },
    ) => Readonly<{ unsubscribe: () => void }>;
  }>;
  isConnected: () => boolean;
}>;

export type Consumers = Readonly<{
  add: (
    stream: string,
    config: Partial<ConsumerConfig>,
  ) => Promise<Readonly<{ name: string; cluster?: Readonly<{ leader?: string }> }>>;
  delete: (stream: string, name: string) => Promise<boolean>;
}>;

/** Bounds the memory of a reader: one batch is being worked on while the next comes in. */
const BATCH = 500;
const BATCH_BYTES = 8 * 1024 * 1024;

const HEARTBEAT_MS = 500;
const MISSED_HEARTBEATS = 3;
/** Resolves `next` now and then, so that its caller can see whether it ought to have got something. */
const IDLE_MS = 2_000;
const EXPIRES_MS = 30_000;
const FORGOTTEN_MS = 30_000;

/** A consumer that was just made may not be known to the gateway's own server yet. */
const UNKNOWN = 503;
const UNKNOWN_MS = 25;
const MAX_UNKNOWN = 20;

const HEARTBEAT = 100;
/** The request is done with, and another may follow: no messages, expired, batch completed. */
const DONE = new Set([404, 408]);
const BATCH_ENDED = /^(Batch Completed|Message Size Exceeds MaxBytes)/;

/** Makes a consumer of its own from that sequence on; JetStream chooses the server. */
export async function openSource(deps: {
  connection: Wire;
  consumers: Consumers;
  policies: Pick<ConsumerConfig, "ack_policy" | "deliver_policy">;
  clock: Clock;
  stream: string;
  from: number;
}): Promise<Source> {
  const { connection, consumers, policies, clock, stream, from } = deps;
  const { nats } = connection;
  const { name, cluster } = await consumers.add(stream, {
    ...policies,
    opt_start_seq: from,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: FORGOTTEN_MS * 1e6,
  });
  const inbox = `_INBOX.${crypto.randomUUID()}`;
  const request = JSON.stringify({
    batch: BATCH,
    max_bytes: BATCH_BYTES,
    expires: EXPIRES_MS * 1e6,
    idle_heartbeat: HEARTBEAT_MS * 1e6,
  });

  let waiting: StreamMessage[] = [];
  /** Messages that the request under way may still bring; zero if there is none. */
  let due = 0;
  let delivered = 0;
  let unknown = 0;
  let notBefore = 0;
  let heardAt = 0;
  let ended: Error | null = null;
  let wake: (() => void) | null = null;

  function pull(): void {
    if (due > 0 || ended !== null || clock.monotonic() < notBefore) return;
    due = BATCH;
    heardAt = clock.monotonic();
    nats.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`, request, { reply: inbox });
  }

  function hear(message: Delivered): void {
    heardAt = clock.monotonic();
    const { headers } = message;
    // The client gives messages without a status the code zero.
    const code = headers?.code ?? 0;
    if (code === HEARTBEAT) return;
    if (code !== 0) {
      const text = headers?.description ?? "";
      due = 0;
      if (code === UNKNOWN && ++unknown < MAX_UNKNOWN) notBefore = heardAt + UNKNOWN_MS;
      else if (!DONE.has(code) && !BATCH_ENDED.test(text))
        ended = new Error(`JetStream ended the consumer: ${text} (${code}).`);
    } else {
      const { sequence, delivery } = placeOf(message.reply ?? "");
      // Whatever was sent while the connection was being replaced did not arrive.
      if (delivery !== delivered + 1) ended = new Error("A message was lost on the way.");
      delivered = delivery;
      unknown = 0;
      due = Math.max(0, due - 1);
      if (ended === null) {
        waiting.push({
          sequence,
          subject: message.subject,
          data: message.data,
          id: headers?.get(ID) ?? "",
          part: headers?.get(PART) ?? "",
        });
      }
    }
    wake?.();
  }

  // An error of the subscription, such as missing permissions, shows as silence.
  const subscription = nats.subscribe(inbox, {
    callback(error, message) {
      if (error === null) hear(message);
    },
  });

  function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(ms, () => wake?.());
      wake = () => {
        wake = null;
        cancel();
        resolve();
      };
    });
  }

  return {
    server: cluster?.leader ?? "",
    async next() {
      const since = clock.monotonic();
      for (;;) {
        pull();
        if (waiting.length > 0) {
          const messages = waiting;
          waiting = [];
          pull();
          return messages;
        }
        if (ended !== null) throw ended;
        const now = clock.monotonic();
        // Heartbeats that came while the caller was busy have not been read yet.
        if (now - Math.max(heardAt, since) >= HEARTBEAT_MS * MISSED_HEARTBEATS)
          throw new Error("The server was silent.");
        if (now - since >= IDLE_MS) return [];
        await sleep(due > 0 ? HEARTBEAT_MS : UNKNOWN_MS);
      }
    },
    close() {
      ended ??= new Error("The source is closed.");
      subscription.unsubscribe();
      wake?.();
      // It would be forgotten by itself, later.
      if (connection.isConnected()) void consumers.delete(stream, name).catch(() => false);
    },
  };
}

/**
 * Reads the subject for acknowledgements: `$JS.ACK.stream.consumer.times.SEQUENCE.DELIVERY.…`; later versions have a domain
 * and an account before the stream.
 */
function placeOf(reply: string): { sequence: number; delivery: number } {
  const tokens = reply.split(".");
  const at = tokens.length >= 11 ? 7 : 5;
  return { sequence: Number(tokens[at]), delivery: Number(tokens[at + 1]) };
}
