/** This node's part in the cluster: its way to the log, what it applies, and whether it leads. */
import type { Clock } from "../../lib/clock.ts";
import { every } from "../../lib/every.ts";
import { version } from "../../lib/version.ts";
import { ClusterCounts } from "../../observability/cluster-metrics.ts";
import type { Logger } from "../../observability/log.ts";
import type { Applier } from "../../storage/cluster/applier.ts";
import type { CopyDigests } from "../../storage/cluster/copy-digests.ts";
import { FORMATS } from "../../storage/cluster/formats.ts";
import type { ImportedFiles } from "../../storage/cluster/imported-files.ts";
import { type HeardNode, type Leadership, startLeadership } from "../../storage/cluster/leadership.ts";
import { createReplicatedWriter } from "../../storage/cluster/replicated-writer.ts";
import { createSpareWriter } from "../../storage/cluster/spare-writer.ts";
import { eventMigrations } from "../../storage/event-db/migrations/index.ts";
import type { WebhookDBManager } from "../../storage/event-files/webhook-db-manager.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import { createConfigShipping } from "../../storage/main-db/replication/config-shipping.ts";
import type { EventWriter, LocalWriter } from "../../storage/writer/event-writer.ts";
import { createKeeping, type Keeping } from "./keeping.ts";
import { startLogUpkeep } from "./log-upkeep.ts";
import { createMark } from "./mark.ts";
import { startMemberApplier } from "./member-applier.ts";
import { createMemberHealth } from "./member-health.ts";
import { createMemberOutbox } from "./member-outbox.ts";
import { createPromotion } from "./promotion.ts";
import { createRowsAppend } from "./rows-append.ts";
import type { Seat, StartOver } from "./seat.ts";
import { createTurnover, type Turnover } from "./turnover.ts";

export type ClusterMember = ReturnType<typeof createClusterMember>;

const SHIP_MS = 1_000;

export function createClusterMember(deps: {
  seat: Seat;
  clock: Clock;
  log: Logger;
  /** Aborted when a stop begins. */
  stopping: AbortSignal;
}) {
  const { seat, clock, log } = deps;
  const { node, url, log: eventLog, copies } = seat;
  let leadership: Leadership | null = null;
  let applier: Applier | null = null;
  let local: LocalWriter | null = null;
  let keeping: Keeping | null = null;
  let synced = seat.after;
  let turnover: Turnover | null = null;
  const stops: (() => void | Promise<void>)[] = [];
  const counts = new ClusterCounts();
  const outbox = createMemberOutbox({
    node,
    eventLog,
    leadership: () => leadership,
    counts,
    clock,
  });
  deps.stopping.addEventListener("abort", () => stops.push(outbox.hurry()));

  const nodes = (): readonly HeardNode[] => leadership?.nodes() ?? [];
  const applied = () => applier?.applied() ?? seat.after;
  const mayLead = () => leadership?.mayLead() ?? false;

  /** Returns the writer of this node's event files that goes through the log. */
  function replicate(own: LocalWriter): EventWriter {
    local = own;
    if (!seat.keeps) return createSpareWriter({ outbox, local: own });
    return createReplicatedWriter({ outbox, local: own, mayLead, after: clock.after });
  }

  function start(deps: {
    mainDb: MainDb;
    files: WebhookDBManager;
    imported: ImportedFiles;
    digests: Pick<CopyDigests, "begin">;
    /** Bytes that event files may take on the disk here. */
    room: () => number;
    /** Size of the event files here. */
    measure: () => Promise<number>;
    /** True while this node could not do a leader's work. */
    isUnfit: () => boolean;
    /** Begins a leader's work. */
    lead: () => Promise<void>;
    /** Called when another node leads. */
    leaderChanged: () => void;
    startOver: (how: StartOver) => void;
  }): void {
    const { mainDb, files, imported, isUnfit } = deps;
    const { replication } = mainDb;
    if (local === null) throw new Error("the event files have no writer yet");
    if (seat.leader !== null) imported.claimed(seat.leader);
    // As a leader that was killed it would take its own rows for those of another.
    replication.follow();
    replication.noteEventSchema(eventMigrations.length);
    const startOver = (how: StartOver) => {
      // Until it is stopped it must not lead, once more or for the first time.
      leadership?.resign();
      deps.startOver(how);
    };
    const promotion = createPromotion({
      seat,
      isListed: () => mainDb.keepers.has(node),
      startOver,
      clock,
      log,
    });
    applier = startMemberApplier({
      ...deps,
      startOver,
      onRows: promotion.look,
      seat,
      writer: local,
      outbox,
      counts,
      ownEpoch: () => leadership?.ownEpoch() ?? null,
      onLeader: (owner) => leadership?.claimed(owner),
      clock,
      log,
    });
    const { reached, isBlocked, needsUpgrade } = applier;
    const shipping = createConfigShipping({
      replication,
      append: createRowsAppend({ outbox, reached }),
      onError: (message, cause) => log.error(message, { cause }),
    });
    turnover = createTurnover({
      node,
      mainDb,
      shipping,
      counts,
      log,
      lead() {
        keeping?.lead();
        return deps.lead();
      },
      leaderChanged: deps.leaderChanged,
      startOver,
    });
    leadership = startLeadership({
      log: eventLog,
      node,
      leader: seat.leader,
      clock,
      keeps: seat.keeps,
      describe: () => ({
        url,
        version,
        applied: applied(),
        synced: promotion.synced(synced),
        files: promotion.files(),
        copies,
        room: deps.room(),
        format: FORMATS.newest,
        needsUpgrade: needsUpgrade(),
      }),
      reached,
      isUnfit: () => isUnfit() || isBlocked() || seat.drain.isDrained,
      askForProof: outbox.putMark,
      onLeading: turnover.onLeading,
      onFollowing: turnover.onFollowing,
      onError: (message, cause) => log.warn(message, { cause }),
    });
    keeping = createKeeping({
      node,
      copies,
      mainDb,
      nodes,
      mayLead,
      clock,
      log,
      forgetNode: leadership.forget,
      measure: deps.measure,
    });
    const upkeep = startLogUpkeep({
      eventLog,
      applier,
      files,
      vacuum: local.vacuum,
      mainDb,
      nodes,
      copies,
      clock,
      log,
      isLeading: mayLead,
      onSynced: (position) => (synced = position),
    });
    promotion.look();
    stops.push(
      promotion.stop,
      () => shipping.stop(),
      imported.stop,
      upkeep.stop,
      keeping.stop,
      every(clock, SHIP_MS, () => mayLead() && shipping.poll()),
    );
  }

  return {
    node,
    counts,
    replicate,
    start,
    mayLead,
    /** True while this node answers for all: it leads, and has begun to. */
    isLeading: () => (turnover?.hasBegun() && leadership?.isOwner()) ?? false,
    leader(): Readonly<{ node: string; url: string }> | null {
      const leader = leadership?.leader() ?? null;
      return leader === null || leader.url === null ? null : { node: leader.node, url: leader.url };
    },
    ...createMemberHealth({
      node,
      copies,
      eventLog,
      outbox,
      nodes,
      applied,
      clock,
      applier: () => applier,
      mayLead,
      knowsLeader: () => leadership?.leader()?.url != null,
    }),
    nodes,
    keepsFiles: seat.keeps,
    /** Nodes that are to keep the event files while this one leads. */
    copies,
    /** Both are called at the leader only. */
    admit: async (other: string) => keeping?.admit(other),
    forget: async (other: string) => keeping?.forget(other),
    epoch: () => leadership?.leader()?.epoch ?? null,
    applied,
    head: () => eventLog.head(0),
    mark: createMark(outbox),
    /** While it is drained, this node claims nothing, and another one leads. */
    drain(isDrained: boolean): void {
      log.info(isDrained ? "this node does not lead until it is told" : "this node may lead again", { node });
      seat.drain.isDrained = isDrained;
    },
    /** Call it while the event files are still open, and nothing is delivered any more. Closes the log. */
    async stop(): Promise<void> {
      await outbox.drained();
      leadership?.resign();
      for (const end of stops) await end();
      leadership?.stop();
      await applier?.stop();
      await eventLog.close();
    },
  };
}
