/** Makes the log's streams, one for each shard, and refuses existing ones that keep less than the log promises. */
import type { JetStreamManager, StreamConfig, StreamInfo } from "@nats-io/jetstream";
import { MIN_SERVERS } from "./guarantees.ts";
import type { LogNames } from "./names.ts";
import { fault } from "./options.ts";

const DUPLICATES_MS = 120_000;
const SHARDS = "webhooker-shards";

const STREAM_NOT_FOUND = 10_059;

/** Fields that decide whether an acknowledged entry is kept, and whether readers get all in order. */
const FIXED = [
  "subjects",
  "storage",
  "retention",
  "num_replicas",
  "discard",
  "deny_delete",
  "max_msgs",
  "max_age",
  "max_msgs_per_subject",
  "duplicate_window",
  "allow_atomic",
] as const satisfies readonly (keyof StreamConfig)[];

type Client = typeof import("@nats-io/jetstream");

/** Throws ConfigError where a stream is otherwise. Sets a new limit of bytes on existing ones. */
export async function prepareStreams(deps: {
  client: Client;
  manager: JetStreamManager;
  names: LogNames;
  shards: number;
  maxBytes: number;
}): Promise<void> {
  const { client, manager, names, shards, maxBytes } = deps;
  for (let shard = 0; shard < shards; shard++) {
    const wanted = {
      name: names.streamOf(shard),
      subjects: [names.subjectsOf(shard)],
      storage: client.StorageType.File,
      retention: client.RetentionPolicy.Limits,
      num_replicas: MIN_SERVERS,
      // The default drops the oldest entries of a full log, which copies may not have read.
      discard: client.DiscardPolicy.New,
      deny_delete: true,
      max_bytes: Math.floor(maxBytes / shards),
      max_msgs: -1,
      max_msgs_per_subject: -1,
      max_age: 0,
      duplicate_window: DUPLICATES_MS * 1e6,
      allow_atomic: true,
      metadata: { [SHARDS]: String(shards) },
    };
    const found = await find(manager, wanted.name);
    // A node that makes the same stream at the same time gets the same answer.
    const { config } = found ?? (await manager.streams.add(wanted));
    refuseDifferences(config, wanted);
    if (config.max_bytes !== wanted.max_bytes)
      await manager.streams.update(wanted.name, { max_bytes: wanted.max_bytes });
  }
}

async function find(manager: JetStreamManager, name: string): Promise<StreamInfo | null> {
  try {
    return await manager.streams.info(name);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === STREAM_NOT_FOUND) return null;
    throw error;
  }
}

function refuseDifferences(found: StreamConfig, wanted: Partial<StreamConfig> & { name: string }): void {
  const shards = found.metadata?.[SHARDS];
  if (shards !== wanted.metadata?.[SHARDS]) {
    const text = `stream ${wanted.name} is one of ${shards ?? "an unknown number"}, and this version keeps the log in ${wanted.metadata?.[SHARDS]}`;
    throw fault("CLUSTER_URL", text, "Start the version that made the log, or name other servers.");
  }
  for (const field of FIXED) {
    if (Bun.deepEquals(found[field], wanted[field])) continue;
    const text = `stream ${wanted.name} has ${field} ${JSON.stringify(found[field])} instead of ${JSON.stringify(wanted[field])}`;
    throw fault(
      "CLUSTER_URL",
      text,
      "Change it by the `nats` program, or delete the stream if it holds nothing.",
    );
  }
  if (found.persist_mode !== undefined && String(found.persist_mode) !== "default") {
    const text = `stream ${wanted.name} acknowledges before it writes (persist_mode ${found.persist_mode})`;
    throw fault("CLUSTER_URL", text, "Delete the stream if it holds nothing; the gateway makes another.");
  }
}
