/** Takes this node's files from the cluster's leader, which it waits for. */

import type { Config } from "../../config.ts";
import type { ClusterConfig } from "../../config-cluster.ts";
import { createNodeSignatures } from "../../http/cluster/node-signature.ts";
import { createSeedClient } from "../../http/cluster/seed-client.ts";
import { type Clock, wait } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";
import { every } from "../../lib/every.ts";
import { loadKeyRing } from "../../lib/key-files.ts";
import { version } from "../../lib/version.ts";
import type { Logger } from "../../observability/log.ts";
import { type Beat, readBeat } from "../../storage/cluster/beat.ts";
import type { EventLog } from "../../storage/cluster/event-log.ts";
import { FORMATS } from "../../storage/cluster/formats.ts";
import { BEAT_MS } from "../../storage/cluster/leadership.ts";
import { type Seeded, type SeedProgress, type StagedSeed, stageSeed } from "../../storage/cluster/seed.ts";
import { roomIn } from "../../storage/folder/disk-space.ts";
import { type Held, prepareCopy } from "../../storage/main-db/replication/prepare-copy.ts";

const TOLD = {
  all: "all event files are taken from the leader",
  missing: "event files that are missing are taken from the leader",
  none: "other nodes keep the event files: this one is a spare",
} as const;

type Leader = Readonly<{ node: string; url: string }>;

/** How often the log tells how far it is. */
const TELL_MS = 5_000;
/** The leader may die meanwhile, and another one take over. Beyond that something else is wrong. */
const TRIES = 5;
const AGAIN_MS = 3_000;

type Deps = Readonly<{
  config: Config;
  cluster: ClusterConfig;
  clock: Clock;
  log: Logger;
  eventLog: Pick<EventLog, "onBeat" | "beat">;
  signal: AbortSignal;
  held: Held;
}>;

/**
 * Resolves once the files are in place. Rejects with AppError `unavailable`, with `conflict` if the leader's version is
 * later than this one, or as `signal` was aborted.
 */
export async function seedFromLeader(deps: Deps): Promise<Seeded> {
  const { cluster, clock, config, eventLog } = deps;
  // The log must not be trimmed beyond the copy that is being taken; zero while there is none.
  const since = { position: 0 };
  const beat = () =>
    eventLog.beat(cluster.node, {
      url: cluster.advertise,
      version,
      leads: null,
      isDraining: true,
      applied: since.position,
      synced: since.position,
      format: FORMATS.newest,
      needsUpgrade: false,
      files: "coming",
      copies: cluster.copies,
      room: roomIn(config.dataDir),
      now: clock.now(),
    } satisfies Beat);
  beat();
  const stopBeats = every(clock, BEAT_MS, beat);
  try {
    const staged = await stageFromLeader({ ...deps, onPrepared: (position) => (since.position = position) });
    staged.putInPlace();
    return { missing: staged.missing };
  } finally {
    stopBeats();
  }
}

type Staging = Omit<Deps, "eventLog"> & {
  eventLog: Pick<EventLog, "onBeat">;
  /** Called with the position behind which reading the log will begin: it must be kept from there. */
  onPrepared: (position: number) => void;
};

/** Takes copies beside the files that are here. Rejects as `seedFromLeader` does. */
export async function stageFromLeader(deps: Staging): Promise<StagedSeed> {
  for (let left = TRIES - 1; ; left--) {
    try {
      return await stageOnce(deps);
    } catch (error) {
      const isFinal = error instanceof AppError && error.kind === "conflict";
      if (left === 0 || isFinal || deps.signal.aborted) throw error;
      const hint = error instanceof AppError ? error.hint : undefined;
      deps.log.warn("files could not be taken from the leader; trying again", {
        cause: error,
        ...(hint !== undefined && { hint }),
      });
      await wait(deps.clock, AGAIN_MS);
    }
  }
}

async function stageOnce(deps: Staging): Promise<StagedSeed> {
  const { config, cluster, clock, log, eventLog, signal, held, onPrepared } = deps;
  const leader = await findLeader({ ...deps, node: cluster.node });
  log.info("this node takes its files from the leader", { leader: leader.node });
  const gone = new AbortController();
  // Its machine may be gone without a word, and the copy would be waited for for ever.
  const stopHearing = eventLog.onBeat((node, data) => {
    if (readBeat(data)?.leads != null && node !== leader.node) {
      gone.abort(new Error("another node leads now"));
    }
  });
  const { nodeKey } = loadKeyRing(config);
  const signatures = createNodeSignatures({ key: nodeKey, node: cluster.node, clock });
  const { fetchCopy } = createSeedClient({ leader: () => leader, signatures });
  let progress: SeedProgress | null = null;
  const stopTelling = every(clock, TELL_MS, () => {
    if (progress !== null) log.info("files are being taken from the leader", progress);
  });
  try {
    const { dataDir, dbPath } = config;
    return await stageSeed({
      fetchCopy,
      dataDir,
      dbPath,
      prepare(copy) {
        const { wanted, position } = prepareCopy(copy, { node: cluster.node, held });
        onPrepared(position);
        log.info(TOLD[wanted], { leader: leader.node });
        return wanted;
      },
      signal: AbortSignal.any([signal, gone.signal]),
      onProgress: (now) => (progress = now),
    });
  } finally {
    stopTelling();
    stopHearing();
  }
}

/** Resolves once a node says that it leads. */
function findLeader(deps: {
  node: string;
  clock: Clock;
  log: Logger;
  eventLog: Pick<EventLog, "onBeat">;
  signal: AbortSignal;
}): Promise<Leader> {
  const { node: self, clock, log, eventLog, signal } = deps;
  const stopTelling = every(clock, TELL_MS, () => {
    log.warn("this node needs files from the cluster's leader, and hears none; waiting");
  });
  const heard = Promise.withResolvers<Leader>();
  const stopHearing = eventLog.onBeat((node, data) => {
    const beat = readBeat(data);
    if (beat !== null && beat.leads !== null && node !== self) heard.resolve({ node, url: beat.url });
  });
  const abort = () => heard.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  return heard.promise.finally(() => {
    stopTelling();
    stopHearing();
    signal.removeEventListener("abort", abort);
  });
}
