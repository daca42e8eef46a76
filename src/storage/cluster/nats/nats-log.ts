/**
 * The cluster's log on NATS JetStream: one stream for each shard, of three replicas in files.
 *
 * An append is answered after a majority of the servers has synced the message to its Raft log;
 * `guarantees.ts` refuses servers that would answer earlier. Records above 512 KiB are atomic batches of parts: the server
 * that leads proposes all parts at once, and a batch that its death cuts in two is dropped by all. Heartbeats are core NATS
 * messages, which touch no disk.
 */
import type { JetStreamManager } from "@nats-io/jetstream";
import type { ConfigError } from "../../../config.ts";
import type { Clock } from "../../../lib/clock.ts";
import { AppError } from "../../../lib/errors.ts";
import { APPEND_BUDGET_MS, type EventLog, type LogHead, type LogReader, type Owner } from "../event-log.ts";
import { hearBeats, sendBeat } from "./beats.ts";
import { latestClaims, ownerAt, publishClaim } from "./claims.ts";
import { type Connection, connectToNats } from "./connection.ts";
import { verifyServers } from "./guarantees.ts";
import { namesOf } from "./names.ts";
import { fault, type NatsOptions } from "./options.ts";
import { CODES, createPublisher, PART_BYTES, type Publisher } from "./publish.ts";
import { openSource } from "./pull.ts";
import { startReader } from "./reader.ts";
import { persist, Refusal } from "./requests.ts";
import { prepareStreams } from "./streams.ts";
import { trimShard } from "./trim.ts";

/** Servers that start at the same time as the gateway need a moment to find each other. */
const START_MS = 30_000;
/** Servers that have just met may not know yet how much room they have. */
const SPACE_MS = 3_000;
const VERIFY_MS = 5_000;
/** Long enough for one try; the reader tries again by itself. */
const READER_HEAD_MS = 3_000;
const API_TIMEOUT_MS = 2_000;

/** The largest body that is taken by default has 25 MiB. */
const MAX_RECORD_BYTES = 64 * 1024 * 1024;
const ID = /^[\w-]{1,64}$/;

type Client = typeof import("@nats-io/jetstream");
type Parts = Readonly<{
  options: NatsOptions;
  clock: Clock;
  client: Client;
  connection: Connection;
  manager: JetStreamManager;
  publisher: Publisher;
}>;

/** Connects, checks the servers, and makes the streams. Throws ConfigError, with the cure, or `unavailable`. */
export async function openNatsLog(options: NatsOptions, clock: Clock): Promise<EventLog> {
  const [client, { headers }] = await Promise.all([
    import("@nats-io/jetstream"),
    import("@nats-io/transport-node"),
  ]);
  const { credentials, shards, maxBytes } = options;
  const connection = await connectToNats({
    options,
    clock,
    credentials,
    variable: "CLUSTER_CREDENTIALS",
    budgetMs: START_MS,
  });
  try {
    const manager = await client.jetstreamManager(connection.nats, {
      checkAPI: false,
      timeout: API_TIMEOUT_MS,
    });
    const log = createLog({
      options,
      clock,
      client,
      connection,
      manager,
      publisher: createPublisher(connection, headers),
    });
    await verifyServers({ options, clock, budgetMs: START_MS });
    const since = clock.monotonic();
    await persist({ connection, clock, what: "make its streams", budgetMs: START_MS }, async () => {
      try {
        await prepareStreams({ client, manager, names: namesOf(options.cluster), shards, maxBytes });
      } catch (error) {
        throw lacksSpace(error) && clock.monotonic() - since > SPACE_MS ? tooLarge() : error;
      }
    });
    return log;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function lacksSpace(error: unknown): boolean {
  return error instanceof Error && error.message.includes("insufficient storage");
}

function tooLarge(): ConfigError {
  const hint = "Set fewer bytes, or raise `max_file_store` of the servers.";
  return fault("CLUSTER_LOG_MAX_BYTES", "is more than the NATS servers have room for", hint);
}

function createLog(parts: Parts): EventLog {
  const { options, clock, client, connection, manager, publisher } = parts;
  const { shards } = options;
  const names = namesOf(options.cluster);
  const readers = new Set<LogReader>();
  const within = (what: string, budgetMs = APPEND_BUDGET_MS) => ({ connection, clock, what, budgetMs });
  const policies = {
    ack_policy: client.AckPolicy.None,
    deliver_policy: client.DeliverPolicy.StartSequence,
  };

  async function headOf(shard: number): Promise<LogHead> {
    const { state, config, created } = await manager.streams.info(names.streamOf(shard));
    return {
      first: state.first_seq,
      last: state.last_seq,
      bytes: state.bytes,
      maxBytes: config.max_bytes,
      born: String(created),
    };
  }

  return {
    shards,

    async append({ shard, id, bytes }, budgetMs) {
      checkRecord(id, bytes);
      const send = bytes.byteLength > PART_BYTES ? publisher.parts : publisher.one;
      const subject = names.recordsOf(shard);
      return refused(() =>
        persist(within("store the record", budgetMs), (timeoutMs) =>
          send({ subject, id, data: bytes, timeoutMs }),
        ),
      );
    },

    read({ shard, after, onEntry, onTrouble }) {
      const stream = names.streamOf(shard);
      const { consumers } = manager;
      const reader = startReader({
        clock,
        open: (from) => openSource({ connection, consumers, policies, clock, stream, from }),
        head: () => persist(within("say where it ends", READER_HEAD_MS), () => headOf(shard)),
        after,
        onEntry,
        onTrouble,
      });
      readers.add(reader);
      return reader;
    },

    head: (shard) => persist(within("say where it ends"), () => headOf(shard)),

    async claim({ partition, node, last }) {
      const subject = names.claimsOf(partition, shards);
      const id = crypto.randomUUID();
      const epoch = (last?.epoch ?? 0) + 1;
      const claim = { node, epoch, previous: last };
      const position = await refused(() =>
        persist(within("store the claim"), (timeoutMs) =>
          publishClaim(publisher, { subject, id, claim, timeoutMs }),
        ),
      );
      return position === null ? null : { node, epoch, position };
    },

    owners: (shard, at) =>
      persist(within("name the owners"), async () => {
        const owners = new Map<number, Owner>();
        if ((await headOf(shard)).last < at) throw new Error("The server that leads has not got that far.");
        for (const latest of await latestClaims(manager, { names, shard })) {
          const owner = await ownerAt(manager, { stream: names.streamOf(shard), latest, at });
          if (owner !== null) owners.set(latest.partition, owner);
        }
        return owners;
      }),

    trim: (shard, upTo) =>
      refused(() =>
        persist(within("drop entries"), (timeoutMs) =>
          trimShard({ manager, publisher, names, shard, upTo, timeoutMs }),
        ),
      ),

    beat: (node, data) => sendBeat(connection, names.beats, { node, data }),
    onBeat: (heard) => hearBeats(connection, names.beats, heard),

    verify: () => verifyServers({ options, clock, budgetMs: VERIFY_MS }),

    async close() {
      await Promise.all([...readers].map((reader) => reader.stop()));
      await connection.close();
    },
  };
}

function checkRecord(id: string, bytes: Uint8Array): void {
  if (!ID.test(id)) throw new RangeError(`${JSON.stringify(id)} is no id of a record.`);
  if (bytes.byteLength <= MAX_RECORD_BYTES) return;
  const message = `A record of ${bytes.byteLength} bytes is larger than the cluster's log takes (${MAX_RECORD_BYTES}).`;
  throw new AppError({ kind: "too_large", message });
}

async function refused<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const isFull = error.code === CODES.storeFailed;
    throw new AppError({
      kind: "unavailable",
      code: isFull ? "log_full" : "log_refused",
      message: isFull ? "The cluster's log is full." : `The cluster's log refused it: ${error.message}.`,
      hint: isFull
        ? "Find the node that does not keep up, or raise CLUSTER_LOG_MAX_BYTES."
        : "Look into the log of the NATS servers.",
      retryAfterSeconds: 30,
      cause: error,
    });
  }
}
