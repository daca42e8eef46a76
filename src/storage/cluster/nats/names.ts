/** Names of streams and subjects. */
import { shardOf } from "../event-log.ts";

const STREAM = "WHLOG_";
const CLAIM = /^whlog\.\d+\.own\.(\d+)$/;

/** Every node beats here. */
export const BEATS = "webhooker.beats";

export function streamOf(shard: number): string {
  return `${STREAM}${shard}`;
}

export function subjectsOf(shard: number): string {
  return `whlog.${shard}.>`;
}

export function recordsOf(shard: number): string {
  return `whlog.${shard}.b`;
}

export function claimsIn(shard: number): string {
  return `whlog.${shard}.own.>`;
}

export function claimsOf(partition: number, shards: number): string {
  return `whlog.${shardOf(partition, shards)}.own.${partition}`;
}

/** Returns the partition that a claim is about; null if the subject is not one of claims. */
export function claimedPartition(subject: string): number | null {
  const [, partition] = CLAIM.exec(subject) ?? [];
  return partition === undefined ? null : Number(partition);
}
