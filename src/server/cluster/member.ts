/** This node's part in the cluster: its way to the log, what it applies, and whether it leads. */
import type { Clock } from "../../lib/clock.ts";
import { every } from "../../lib/every.ts";
import { newId } from "../../lib/ids.ts";
import { version } from "../../lib/version.ts";
import { ClusterCounts } from "../../observability/cluster-metrics.ts";
import type { Logger } from "../../observability/log.ts";
import { type Applier, type ApplierTrouble, startApplier } from "../../storage/cluster/applier.ts";
import type { Owner } from "../../storage/cluster/event-log.ts";
import { FORMATS, readableByAll } from "../../storage/cluster/formats.ts";
import type { ImportedFiles } from "../../storage/cluster/imported-files.ts";
import { type HeardNode, type Leadership, startLeadership } from "../../storage/cluster/leadership.ts";
import { createOutbox } from "../../storage/cluster/outbox.ts";
import { createReplicatedWriter } from "../../storage/cluster/replicated-writer.ts";
import { createSpareWriter } from "../../storage/cluster/spare-writer.ts";
import { eventMigrations } from "../../storage/event-db/migrations/index.ts";
import type { WebhookDBManager } from "../../storage/event-files/webhook-db-manager.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import { createConfigShipping } from "../../storage/main-db/replication/config-shipping.ts";
import type { EventWriter, LocalWriter } from "../../storage/writer/event-writer.ts";
import { createConfigCopy } from "./config-copy.ts";
import { createKeeping, type Keeping } from "./keeping.ts";
import { startLogUpkeep } from "./log-upkeep.ts";
import { createMemberHealth } from "./member-health.ts";
import { createRowsAppend } from "./rows-append.ts";
import type { Seat, StartOver } from "./seat.ts";
import { reportTrouble } from "./trouble.ts";

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
  const { node, url, log: eventLog, born, copies } = seat;
  let leadership: Leadership | null = null;
  let applier: Applier | null = null;
  let local: LocalWriter | null = null;
  let keeping: Keeping | null = null;
  let synced = seat.after;
  let hasBegun = false;
  const stops: (() => void | Promise<void>)[] = [];
  const counts = new ClusterCounts();
  /** When it began to listen to the others' beats. */
  let since = Number.POSITIVE_INFINITY;
  const outbox = createOutbox({
    log: { append: timedAppend },
    node,
    // Also that of a leadership that is past: what was meant for it must not count as any node's.
    epoch: () => leadership?.ownEpoch() ?? undefined,
    onProof: (sentAt) => leadership?.proved(sentAt),
    clock,
    readable: () => readableByAll(leadership?.nodes() ?? [], { now: clock.monotonic(), since }),
  });
  deps.stopping.addEventListener("abort", () => stops.push(outbox.hurry()));

  async function timedAppend(...record: Parameters<typeof eventLog.append>): Promise<number> {
    const sentAt = clock.monotonic();
    const position = await eventLog.append(...record);
    counts.append.observe(clock.monotonic() - sentAt);
    return position;
  }

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
    const { mainDb, files, imported, isUnfit, lead, leaderChanged } = deps;
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
    const onTrouble = (trouble: ApplierTrouble) => {
      counts.troubled(trouble.kind);
      const how = reportTrouble(trouble, log);
      if (how !== null) startOver(how);
    };
    applier = startApplier({
      ...{ log: eventLog, born, after: seat.after, leader: seat.leader, outbox, writer: local, clock },
      ownEpoch: () => leadership?.ownEpoch() ?? null,
      config: createConfigCopy({
        mainDb,
        files,
        imported,
        keepsFiles: seat.keeps,
        onRows() {
          // The leader has listed this node: it takes the files, and reads the log on from them.
          if (!seat.keeps && mainDb.keepers.has(node)) startOver("everything");
        },
      }),
      onLeader(owner) {
        leadership?.claimed(owner);
        imported.claimed(owner);
      },
      onTrouble,
    });
    const { reached, isBlocked, needsUpgrade } = applier;
    const shipping = createConfigShipping({
      replication,
      append: createRowsAppend({ outbox, reached }),
      onError: (message, cause) => log.error(message, { cause }),
    });
    since = clock.monotonic();
    leadership = startLeadership({
      ...{ log: eventLog, node, leader: seat.leader, clock, keeps: seat.keeps },
      describe: () => ({
        ...{ url, version, applied: applied(), synced, copies, room: deps.room() },
        ...{ format: FORMATS.newest, needsUpgrade: needsUpgrade() },
      }),
      reached,
      isUnfit: () => isUnfit() || isBlocked() || seat.drain.isDrained,
      askForProof: () => outbox.putRecord(newId(), []),
      onLeading(owner) {
        counts.leaderChanges++;
        log.info("this node leads the cluster", { node, epoch: owner.epoch });
        hasBegun = true;
        begin(owner).catch((error: unknown) => {
          log.error("this node cannot lead", { cause: error });
          startOver("follow");
        });
      },
      onFollowing({ node: leader, epoch }) {
        counts.leaderChanges++;
        log.info("another node leads the cluster", { leader, epoch });
        leaderChanged();
        if (replication.state()?.hasUnshipped) startOver("main_database");
        else if (hasBegun) startOver("follow");
        try {
          // Changes are refused from now on, and those of the new leader come.
          if (hasBegun) replication.follow();
        } catch (error) {
          // On a full disk: reading the log must go on all the same, until this node is opened anew.
          log.warn("the main database still takes changes of its own", { cause: error });
        }
      },
      onError: (message, cause) => log.warn(message, { cause }),
    });
    /** Rejects if the main database cannot be written. */
    async function begin(owner: Owner): Promise<void> {
      // Written here and not known to be in the log: the log's rows may have gone over them meanwhile.
      const left = replication.outbox(Number.POSITIVE_INFINITY);
      if (left !== null) replication.apply(left.changes, owner.position);
      replication.lead();
      mainDb.shipBy(shipping);
      keeping?.lead();
      await lead();
    }
    const leads = leadership;
    const care = createKeeping({
      ...{ node, copies, mainDb, nodes, mayLead, clock, log },
      forgetNode: leads.forget,
      measure: deps.measure,
    });
    keeping = care;
    const upkeep = startLogUpkeep({
      ...{ eventLog, applier, files, mainDb, nodes, copies, clock, log },
      isLeading: mayLead,
      onSynced: (position) => (synced = position),
    });
    stops.push(
      () => shipping.stop(),
      imported.stop,
      upkeep.stop,
      care.stop,
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
    isLeading: () => hasBegun && (leadership?.isOwner() ?? false),
    leader(): Readonly<{ node: string; url: string }> | null {
      const leader = leadership?.leader() ?? null;
      return leader === null || leader.url === null ? null : { node: leader.node, url: leader.url };
    },
    ...createMemberHealth({
      ...{ node, copies, eventLog, nodes, applied, clock },
      applier: () => applier,
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
