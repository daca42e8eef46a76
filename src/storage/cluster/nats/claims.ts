/**
 * Claims of partitions in a shard's stream. Each names the claim before it, so that the owner at any position can be found
 * although the log is trimmed.
 */
import type { JetStreamManager } from "@nats-io/jetstream";
import { z } from "zod";
import type { Owner } from "../event-log.ts";
import { claimedPartition, type LogNames } from "./names.ts";
import { CODES, type Publisher } from "./publish.ts";
import { Refusal } from "./requests.ts";

const ownerSchema = z.object({
  node: z.string().min(1).max(255),
  epoch: z.int().positive(),
  position: z.int().positive(),
});
const claimSchema = ownerSchema.omit({ position: true }).extend({ previous: ownerSchema.nullable() });

type Claim = z.output<typeof claimSchema>;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Throws for bytes that are no claim. */
export function readClaim(data: Uint8Array): Claim {
  return claimSchema.parse(JSON.parse(decoder.decode(data)));
}

/** Resolves with the claim's position; null if `previous` is not the partition's latest claim. */
export async function publishClaim(
  publisher: Publisher,
  message: { subject: string; id: string; claim: Claim; timeoutMs: number },
): Promise<number | null> {
  const { subject, id, claim, timeoutMs } = message;
  const data = encoder.encode(JSON.stringify(claim));
  try {
    return await publisher.one({
      subject,
      id,
      data,
      timeoutMs,
      lastOfSubject: claim.previous?.position ?? 0,
    });
  } catch (error) {
    if (error instanceof Refusal && LOST.has(error.code)) return null;
    throw error;
  }
}

const LOST = new Set<number>([CODES.wrongLastSequence, CODES.wrongLastSequenceInProcess]);

export type LatestClaim = Readonly<{ subject: string; partition: number; position: number; claim: Claim }>;

/** Asks the server that leads the stream, because others may not have the latest claims yet. */
export async function latestClaims(
  manager: JetStreamManager,
  { names, shard }: Readonly<{ names: LogNames; shard: number }>,
): Promise<readonly LatestClaim[]> {
  const stream = names.streamOf(shard);
  const { state } = await manager.streams.info(stream, { subjects_filter: names.claimsIn(shard) });
  const latest: LatestClaim[] = [];
  for (const subject of Object.keys(state.subjects ?? {})) {
    const partition = claimedPartition(subject);
    const message = await manager.streams.getMessage(stream, { last_by_subj: subject });
    if (partition === null || message === null) continue;
    latest.push({ subject, partition, position: message.seq, claim: readClaim(message.data) });
  }
  return latest;
}

/** Returns who owned the partition after the entry at position `at`; null if nobody did. */
export async function ownerAt(
  manager: JetStreamManager,
  options: { stream: string; latest: LatestClaim; at: number },
): Promise<Owner | null> {
  const { stream, latest, at } = options;
  let { claim, position } = latest;
  while (position > at) {
    const { previous } = claim;
    if (previous === null || previous.position <= at) return previous;
    const message = await manager.streams.getMessage(stream, { seq: previous.position });
    if (message === null) throw new Error(`The claim at position ${previous.position} is not kept any more.`);
    claim = readClaim(message.data);
    position = message.seq;
  }
  return { node: claim.node, epoch: claim.epoch, position };
}
