/** Drops the beginning of a shard, without losing who owns its partitions. */
import type { JetStreamManager } from "@nats-io/jetstream";
import { latestClaims, publishClaim } from "./claims.ts";
import type { LogNames } from "./names.ts";
import type { Publisher } from "./publish.ts";
import { CODES } from "./publish.ts";
import { Refusal } from "./requests.ts";

type Deps = Readonly<{
  manager: JetStreamManager;
  publisher: Publisher;
  names: LogNames;
  shard: number;
  upTo: number;
  timeoutMs: number;
}>;

/** May be repeated after it failed half-way. */
export async function trimShard(deps: Deps): Promise<void> {
  const { manager, names, shard, upTo } = deps;
  const stream = names.streamOf(shard);
  try {
    await repeatClaims(deps);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== CODES.storeFailed) throw error;
    // A full log has no room for claims. Dropping records alone takes longer: the server looks through its blocks.
    await manager.streams.purge(stream, { filter: names.recordsOf(shard), seq: upTo + 1 });
    await repeatClaims(deps);
  }
  await manager.streams.purge(stream, { seq: upTo + 1 });
}

async function repeatClaims({ manager, publisher, names, shard, upTo, timeoutMs }: Deps): Promise<void> {
  for (const { subject, position, claim } of await latestClaims(manager, { names, shard })) {
    if (position > upTo) continue;
    const { node, epoch } = claim;
    const repeated = { node, epoch, previous: { node, epoch, position } };
    // A newer claim in the meantime wins, and is further on.
    await publishClaim(publisher, { subject, id: `repeat-${position}`, claim: repeated, timeoutMs });
  }
}
