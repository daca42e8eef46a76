/** Starts and stops the parts of the gateway, in order. */
import type { Elysia } from "elysia";
import { type Clock, wait } from "../lib/clock.ts";
import { every } from "../lib/every.ts";
import type { Logger } from "../observability/log.ts";
import type { CopyDigests } from "../storage/cluster/copy-digests.ts";
import type { ImportedFiles } from "../storage/cluster/imported-files.ts";
import type { ClusterMember } from "./cluster/member.ts";
import type { StartOver } from "./cluster/seat.ts";
import type { DeliveryParts } from "./delivery.ts";
import { createLeftovers } from "./leftovers.ts";
import type { PeopleParts } from "./people.ts";
import type { StorageParts } from "./storage.ts";

/** How long requests that are being received may go on after a stop. */
const REQUEST_GRACE_MS = 2_000;
/** How often event files that nobody used for a while are looked for. */
const IDLE_CHECK_MS = 30_000;

type Startable = Readonly<{ start: () => void; stop: () => void }>;

export function createLifeCycle(deps: {
  app: Pick<Elysia, "server">;
  clock: Clock;
  log: Logger;
  stopping: AbortController;
  stored: Pick<StorageParts, "mainDb" | "storage" | "reserve" | "lost" | "close">;
  delivery: Pick<DeliveryParts, "start" | "stop" | "close">;
  people: Pick<PeopleParts, "apiKeys" | "sessions" | "close">;
  checks: Pick<Startable, "stop">;
  report: Startable & Readonly<{ room: () => number }>;
  dataDir: string;
  /** Size of the event files. */
  measure: () => Promise<number>;
  /** Null for a gateway that is alone. */
  node: Readonly<{ member: ClusterMember; imported: ImportedFiles; digests: CopyDigests }> | null;
  /** Ends what a crash in the middle of an import left. */
  endUnfinishedImports: () => void;
  /** Called when another node of the cluster leads. */
  leaderChanged: () => void;
  /** Called once nothing is delivered any more. */
  closeOthers: () => Promise<void>;
  unlock: () => void;
}) {
  const { app, clock, log, stopping, stored, delivery, people, checks, report, node } = deps;
  const { mainDb, storage, reserve, lost } = stored;
  const { endUnfinishedImports } = deps;
  const removeLeftovers = createLeftovers({ mainDb, files: storage.files, dataDir: deps.dataDir, log });
  let stopIdleChecks = () => {};
  let cleared = Promise.resolve();
  let resumed = Promise.resolve();
  let stopped: Promise<void> | null = null;
  const leading = Promise.withResolvers<void>();
  const startOver = Promise.withResolvers<StartOver>();

  /** Resolves when everything that an earlier run left was looked through; requests may be taken before. */
  function start(): Promise<void> {
    lost.start();
    report.start();
    stopIdleChecks = every(clock, IDLE_CHECK_MS, () => storage.files.closeIdle());
    if (node === null) {
      cleared = removeLeftovers();
      return lead();
    }
    const { member, imported, digests } = node;
    member.start({
      mainDb,
      files: storage.files,
      imported,
      digests,
      room: report.room,
      measure: deps.measure,
      isUnfit: () => reserve.isSpent(),
      lead,
      leaderChanged: deps.leaderChanged,
      startOver: startOver.resolve,
    });
    // The log may say of a file that it is an import's, of which this node has no more than that it was hidden.
    cleared = member.caughtUp().then(removeLeftovers, (error: unknown) => {
      log.warn("event files that a crash has left stay until the next start", { cause: error });
    });
    return Promise.resolve();
  }

  /** Begins what only one process may do for the same data. */
  function lead(): Promise<void> {
    endUnfinishedImports();
    leading.resolve();
    people.apiKeys.uses.start();
    people.sessions.seen.start();
    resumed = cleared.then(delivery.start).catch((error: unknown) => {
      log.error("searching for pending deliveries failed", { cause: error });
    });
    return resumed;
  }

  /** In reverse order. */
  async function stop(): Promise<void> {
    stopping.abort();
    const closed = app.server?.stop(false);
    await Promise.race([closed, wait(clock, REQUEST_GRACE_MS)]);
    await app.server?.stop(true);
    stopIdleChecks();
    people.apiKeys.uses.stop();
    people.sessions.seen.stop();
    lost.stop();
    checks.stop();
    report.stop();
    await delivery.stop();
    await resumed;
    await deps.closeOthers();
    delivery.close();
    people.close();
    await node?.member.stop();
    await stored.close();
    deps.unlock();
  }

  return {
    start,
    /** Resolves when everything that was accepted is stored, and every file is closed; does it once. */
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
    /** Resolves once this process does what only one may do; for a gateway that is alone, at its start. */
    leading: leading.promise,
    /** Resolves once this node of a cluster has to be stopped and opened anew. */
    startOver: startOver.promise,
  };
}
