/** Names of a cluster's streams and subjects. Clusters of different names can have the same servers. */
import { shardOf } from "../event-log.ts";

const CLAIM = /\.own\.(\d+)$/;

export type LogNames = ReturnType<typeof namesOf>;

/** `cluster`: letters, digits, `-` and `_`; null for a cluster without a name. */
export function namesOf(cluster: string | null) {
  // Part of the first token, so that no subject of one cluster is among those of another, whatever their names are.
  const suffix = cluster === null ? "" : `-${cluster}`;
  const prefix = `whlog${suffix}`;
  return {
    /** Every node beats here. */
    beats: `webhooker${suffix}.beats`,
    streamOf: (shard: number) => `WHLOG${suffix}_${shard}`,
    subjectsOf: (shard: number) => `${prefix}.${shard}.>`,
    recordsOf: (shard: number) => `${prefix}.${shard}.b`,
    claimsIn: (shard: number) => `${prefix}.${shard}.own.>`,
    claimsOf: (partition: number, shards: number) =>
      `${prefix}.${shardOf(partition, shards)}.own.${partition}`,
  };
}

/** Returns the partition that a claim is about; null if the subject is not one of claims. */
export function claimedPartition(subject: string): number | null {
  const [, partition] = CLAIM.exec(subject) ?? [];
  return partition === undefined ? null : Number(partition);
}
