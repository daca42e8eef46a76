/**
 * Takes this node's place in the cluster before the gateway opens its files: founds the cluster, goes on with the copies
 * that are there, or takes them from the leader.
 */

import type { Config } from "../../config.ts";
import type { ClusterConfig } from "../../config-cluster.ts";
import type { Clock } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";
import { loadKeyRing } from "../../lib/key-files.ts";
import type { Logger } from "../../observability/log.ts";
import { LEADER_PARTITION } from "../../storage/cluster/applier.ts";
import type { EventLog, LogHead, Owner } from "../../storage/cluster/event-log.ts";
import { openEventLog } from "../../storage/cluster/open-event-log.ts";
import { isSeedUnfinished } from "../../storage/cluster/seed.ts";
import { eventMigrations } from "../../storage/event-db/migrations/index.ts";
import { lockFolder } from "../../storage/folder/folder-lock.ts";
import { type MainDb, openMainDb } from "../../storage/main-db/open.ts";
import type { ReplicationState } from "../../storage/main-db/replication/main-db-replication.ts";
import type { Held } from "../../storage/main-db/replication/prepare-copy.ts";
import { isLost } from "../../storage/sqlite/file-size.ts";
import { NEWER_DATABASE } from "../../storage/sqlite/migrate.ts";
import { checkSecretKey } from "../../webhooks/secret-key-check.ts";
import type { Drain, Seat, StartOver } from "./seat.ts";
import { seedFromLeader, stageFromLeader } from "./seed-from-leader.ts";
import { type Again, useStaged } from "./use-staged.ts";

type Deps = Readonly<{
  config: Config;
  cluster: ClusterConfig;
  clock: Clock;
  log: Logger;
  /** Aborted when the process is to stop. */
  signal: AbortSignal;
  drain: Drain;
}>;

type Own = Pick<Deps, "config" | "cluster" | "clock" | "log">;

/** The folder's part in the cluster, and whether it has data. */
type Found = Readonly<{
  state: ReplicationState | null;
  isInUse: boolean;
}>;

/**
 * `again` says which copies are to be taken anew. Rejects with ConfigError or AppError, with the cure, if this node cannot
 * be part of this cluster.
 */
export async function takeSeat(deps: Deps, again: StartOver | null): Promise<Seat> {
  const { config, cluster, clock } = deps;
  const log = await openEventLog(cluster.nats, clock);
  try {
    const unlock = lockFolder(config.dataDir);
    try {
      const state = await prepareFolder({ ...deps, eventLog: log }, useStaged(config, again));
      const owners = await log.owners(0, state.syncedPosition);
      return {
        node: cluster.node,
        url: cluster.advertise,
        log,
        born: state.born,
        after: state.syncedPosition,
        leader: owners.get(LEADER_PARTITION) ?? null,
        keeps: state.keeps,
        copies: cluster.copies,
        drain: deps.drain,
        stageFiles: (options) =>
          stageFromLeader({ ...deps, eventLog: log, held: { keeps: false, upTo: null }, ...options }),
      };
    } finally {
      unlock();
    }
  } catch (error) {
    await log.close();
    throw error;
  }
}

/**
 * Founds the cluster with the data of this folder, which the caller has locked; the next start goes on from there. Returns
 * false if the data belongs to this cluster already. Rejects as `takeSeat` does, and with AppError `conflict` if another node
 * founded the cluster.
 */
export async function adoptFolder(deps: Own): Promise<boolean> {
  const { cluster, clock } = deps;
  const { node } = cluster;
  const eventLog = await openEventLog(cluster.nats, clock);
  try {
    const head = await eventLog.head(0);
    const { state } = look(deps);
    if (state !== null && state.born !== head.born) throw otherLog(node);
    if (state !== null) return false;
    const founded = await foundAsFirst(eventLog, head, node);
    if (founded === null) throw inUse(node);
    join(deps, head, founded);
    return true;
  } finally {
    await eventLog.close();
  }
}

/** Null if another node founded the cluster. */
async function foundAsFirst(eventLog: EventLog, head: LogHead, node: string): Promise<Owner | null> {
  const owner = (await eventLog.owners(0, head.last)).get(LEADER_PARTITION) ?? null;
  if (owner === null) return eventLog.claim({ partition: LEADER_PARTITION, node, last: null });
  // A claim of this very node with nothing after it is what a start left that ended before the note of it.
  return owner.node === node && owner.position === head.last ? owner : null;
}

async function prepareFolder(deps: Deps & { eventLog: EventLog }, again: Again): Promise<ReplicationState> {
  const { config, cluster, eventLog } = deps;
  const { node } = cluster;
  const head = await eventLog.head(0);
  const owner = (await eventLog.owners(0, head.last)).get(LEADER_PARTITION) ?? null;
  const { state, isInUse } = look(deps);
  const isWhole = !isSeedUnfinished(config.dataDir) && again !== "everything";
  if (state !== null && state.born !== head.born) throw otherLog(node);
  const isSame = again !== "main_database" && !(state && hasRowsOfItsOwn(state, { owner, node }));
  if (state !== null && isWhole && isSame && isKept(state, head)) return state;
  if (state === null) {
    const founded = await foundAsFirst(eventLog, head, node);
    if (founded !== null) return join(deps, head, founded);
    if (isInUse && isWhole) throw inUse(node);
  }
  const held = { keeps: state?.keeps ?? false };
  const isOfUse = state !== null && isWhole && isKept(state, head);
  return seeded(deps, { ...held, upTo: isOfUse ? state.syncedPosition : null });
}

/**
 * Takes copies from the leader until they are what the log makes: the leader writes rows before they are in the log, and files
 * of webhooks that were deleted meanwhile would count as lost.
 */
async function seeded(deps: Deps & { eventLog: EventLog }, held: Held): Promise<ReplicationState> {
  const { missing } = await seedFromLeader({ ...deps, held });
  const { state } = look(deps);
  if (state === null) throw new Error("the leader's main database is no part of a cluster");
  if (!state.hasUnshipped && missing.length === 0) return state;
  // The event files stay, and go no further than the first copy said.
  return seeded(deps, { keeps: state.keeps, upTo: state.keeps ? state.syncedPosition : null });
}

/** True if the log still has all that follows what the copies have. */
function isKept(state: ReplicationState, head: LogHead): boolean {
  return state.syncedPosition + 1 >= head.first;
}

/**
 * True for a leader of before whose last changes never came into the log, or not as far as it knows. The claim that ended
 * its leadership may be behind what it reads from now on.
 */
export function hasRowsOfItsOwn(
  state: Pick<ReplicationState, "hasUnshipped">,
  now: Readonly<{ owner: Pick<Owner, "node"> | null; node: string }>,
): boolean {
  return state.hasUnshipped && now.owner?.node !== now.node;
}

/** Makes the data that is here, or none, what the cluster begins with. */
function join(deps: Own, { born }: LogHead, { position }: Owner): ReplicationState {
  const { config, clock, log } = deps;
  log.info("this node founds the cluster", { node: deps.cluster.node });
  const mainDb = openMainDb({ path: config.dbPath, clock });
  try {
    checkSecretKey({ mainDb, keys: loadKeyRing(config), log });
    // A crash during an import leaves such a file: nobody may delete it later.
    mainDb.transfer.endUnfinished();
    mainDb.keepers.found(deps.cluster.node, clock.now());
    mainDb.replication.join({ born, position, role: "following" });
    return {
      born,
      position,
      syncedPosition: position,
      role: "following",
      keeps: true,
      hasUnshipped: false,
      eventSchema: null,
    };
  } finally {
    mainDb.close();
  }
}

/** Throws AppError `conflict` for files of a later version. */
function look({ config, cluster, clock }: Own): Found {
  if (isLost(config.dbPath)) return { state: null, isInUse: false };
  const mainDb = openOwn({ path: config.dbPath, clock }, cluster);
  try {
    const state = mainDb.replication.state();
    if (state !== null && hasNewerFiles(state)) throw newerFiles(cluster);
    const isInUse = mainDb.webhooks.listAll().length > 0 || !mainDb.users.isEmpty();
    return { state, isInUse };
  } finally {
    mainDb.close();
  }
}

/** True if a later version may have brought the folder's event files to a schema that this one does not know. */
export function hasNewerFiles({ eventSchema }: Pick<ReplicationState, "eventSchema">): boolean {
  return eventSchema !== null && eventSchema > eventMigrations.length;
}

function openOwn(options: Parameters<typeof openMainDb>[0], cluster: ClusterConfig): MainDb {
  try {
    return openMainDb(options);
  } catch (error) {
    throw error instanceof AppError && error.code === NEWER_DATABASE ? newerFiles(cluster, error) : error;
  }
}

function newerFiles({ node }: ClusterConfig, cause?: unknown): AppError {
  return new AppError({
    kind: "conflict",
    code: NEWER_DATABASE,
    message: `A later version of webhooker has run as node ${node}, and its data folder has that version's files.`,
    hint: "Start that version. If the leader still runs this one, start this node with an empty data folder: it copies the leader's files.",
    cause,
  });
}

function inUse(node: string): AppError {
  return new AppError({
    kind: "conflict",
    code: "folder_in_use",
    message: `The data folder of node ${node} has data of its own, and the cluster was founded by another node.`,
    hint: "Start this node with an empty data folder: it takes its copies from the leader. To bring the webhooks along, export them before and import them into the cluster.",
  });
}

function otherLog(node: string): AppError {
  return new AppError({
    kind: "conflict",
    code: "another_log",
    message: `The data of node ${node} belongs to another log than the one at CLUSTER_URL, or that log was made anew.`,
    hint: "Check CLUSTER_URL. If the log is lost: run `webhooker cluster leave` on the node that has the newest data, start that one first, and the others with empty folders.",
  });
}
