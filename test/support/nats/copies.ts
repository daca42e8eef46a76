/** Reads each server's own copy of a stream, since what JetStream says of its copies is not what they hold. */
import type { JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { systemClock } from "../../../src/lib/clock.ts";
import { openSource, type Source } from "../../../src/storage/cluster/nats/pull.ts";

/** Digests of entries by sequence. */
export type Copy = ReadonlyMap<number, string>;

/** JetStream chooses a server at random for each reader. */
const MOST_CHOICES = 60;

/** Rejects if a server is never chosen. */
export async function readCopies(deps: {
  nats: NatsConnection;
  manager: JetStreamManager;
  stream: string;
  names: readonly string[];
}): Promise<ReadonlyMap<string, Copy>> {
  const { nats, manager, stream, names } = deps;
  const { AckPolicy, DeliverPolicy } = await import("@nats-io/jetstream");
  const { state } = await manager.streams.info(stream);
  const copies = new Map<string, Copy>();
  for (let choice = 0; copies.size < names.length; choice++) {
    if (choice === MOST_CHOICES) throw new Error(`of ${names}, only ${[...copies.keys()]} could be read`);
    const source = await openSource({
      connection: { nats, isConnected: () => true },
      consumers: manager.consumers,
      policies: { ack_policy: AckPolicy.None, deliver_policy: DeliverPolicy.StartSequence },
      clock: systemClock,
      stream,
      from: state.first_seq,
    });
    try {
      if (!copies.has(source.server)) copies.set(source.server, await read(source, state.last_seq));
    } finally {
      source.close();
    }
  }
  return copies;
}

async function read(source: Source, last: number): Promise<Copy> {
  const copy = new Map<number, string>();
  for (;;) {
    const messages = await source.next();
    for (const { sequence, subject, id, data } of messages) {
      copy.set(sequence, `${subject} ${id} ${Bun.hash(data)}`);
      if (sequence >= last) return copy;
    }
    if (messages.length === 0) return copy;
  }
}

/** Returns a line for each copy that is not as another. Entries that one of them has dropped from its beginning are passed over. */
export function listDifferences(copies: ReadonlyMap<string, Copy>): readonly string[] {
  const sequences = [...copies.values()].map((copy) => [...copy.keys()]);
  const first = Math.max(...sequences.map((own) => own[0] ?? 0));
  const last = Math.max(...sequences.map((own) => own.at(-1) ?? 0));
  const [reference, ...others] = copies;
  return others.flatMap(([name, copy]) => {
    for (let sequence = first; sequence <= last; sequence++) {
      if (copy.get(sequence) !== reference?.[1].get(sequence))
        return [`entry ${sequence} of the log is not the same on ${reference?.[0]} and ${name}`];
    }
    return [];
  });
}
