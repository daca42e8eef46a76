/** Nodes with event files of their own that apply one log in memory. */
import { type Applier, startApplier } from "../../../src/storage/cluster/applier.ts";
import type { ApplierTrouble } from "../../../src/storage/cluster/applier-trouble.ts";
import type { Owner } from "../../../src/storage/cluster/event-log.ts";
import { FORMATS } from "../../../src/storage/cluster/formats.ts";
import { createOutbox, type Outbox } from "../../../src/storage/cluster/outbox.ts";
import { createReplicatedWriter } from "../../../src/storage/cluster/replicated-writer.ts";
import { createSpareWriter } from "../../../src/storage/cluster/spare-writer.ts";
import type { RowChange } from "../../../src/storage/main-db/replication/row-change.ts";
import { digestTables } from "../../../src/storage/reader/file-digest.ts";
import type { EventWriter } from "../../../src/storage/writer/event-writer.ts";
import { createMemoryLog, type MemoryLog, type MemoryLogConnection } from "../../support/memory-log.ts";
import { createStorageWorld, type StorageWorld } from "../storage-world.ts";

export type TestNode = Readonly<{
  name: string;
  world: StorageWorld;
  log: MemoryLogConnection;
  outbox: Outbox;
  writer: EventWriter;
  applier: Applier;
  troubles: readonly ApplierTrouble[];
  leaders: readonly Owner[];
  /** Transactions of rows, with their positions. */
  rows: readonly Readonly<{ rows: readonly RowChange[]; position: number }>[];
  /** Digests of webhooks' tables, by the comparisons that the log has brought. */
  compared: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Webhooks whose files come from another node. */
  awaited: Map<string, PromiseWithResolvers<void>>;
  /** Claims the leadership and resolves once the claim is applied here. */
  lead: () => Promise<Owner>;
  /** Digests of a webhook's tables. */
  digest: (webhookId: string) => ReadonlyMap<string, string>;
  stop: () => Promise<void>;
}>;

export type Nodes = Readonly<{
  log: MemoryLog;
  webhooks: Set<string>;
  /** Error of each attempt to apply rows; null lets them be applied. */
  failing: { error: Error | null };
  add: (
    name: string,
    options?: {
      dataDir?: string;
      after?: number;
      leader?: Owner | null;
      /** False: a spare. */
      keeps?: boolean;
    },
  ) => TestNode;
  /** Resolves once all nodes have applied everything. */
  settled: () => Promise<void>;
  dispose: () => Promise<void>;
}>;

export function createNodes(): Nodes {
  const log = createMemoryLog();
  const webhooks = new Set(["w1", "w2"]);
  const failing: { error: Error | null } = { error: null };
  const nodes = new Set<TestNode>();
  const worlds: StorageWorld[] = [];

  return {
    log,
    webhooks,
    failing,
    add(name, { dataDir, after = 0, leader = null, keeps = true } = {}) {
      const world = createStorageWorld(dataDir === undefined ? {} : { dataDir });
      worlds.push(world);
      const connection = log.connect();
      const troubles: ApplierTrouble[] = [];
      const leaders: Owner[] = [];
      const awaited = new Map<string, PromiseWithResolvers<void>>();
      const compared = new Map<string, ReadonlyMap<string, string>>();
      const rows: { rows: readonly RowChange[]; position: number }[] = [];
      let own: Owner | null = null;
      const { clock } = world;
      const isLeading = () => own !== null && leaders.at(-1)?.epoch === own.epoch;
      const outbox = createOutbox({
        log: connection,
        node: name,
        epoch: () => own?.epoch,
        onProof: () => undefined,
        clock,
        readable: () => FORMATS.newest,
      });
      const applier = startApplier({
        log: connection,
        born: "log",
        after,
        leader,
        ownEpoch: () => own?.epoch ?? null,
        outbox,
        writer: world.writer,
        config: {
          keepsFiles: keeps,
          takesEntries: (id) => webhooks.has(id),
          writable: (id) => awaited.get(id)?.promise ?? null,
          apply(changes, position) {
            if (failing.error !== null) return Promise.reject(failing.error);
            rows.push({ rows: changes, position });
            const [first] = awaited.values();
            return Promise.resolve({ filesThere: first?.promise ?? null });
          },
        },
        digests: {
          async begin({ webhookId, compare }) {
            compared.set(compare, digestTables(world.files.open(webhookId).db));
          },
        },
        clock,
        onLeader: (owner) => leaders.push(owner),
        onTrouble: (trouble) => troubles.push(trouble),
      });
      const node: TestNode = {
        name,
        world,
        log: connection,
        outbox,
        writer: keeps
          ? createReplicatedWriter({ outbox, local: world.writer, mayLead: isLeading, after: clock.after })
          : createSpareWriter({ outbox, local: world.writer }),
        applier,
        troubles,
        leaders,
        rows,
        compared,
        awaited,
        async lead() {
          const last = leaders.at(-1) ?? leader;
          const claimed = await connection.claim({ partition: 0, node: name, last });
          if (claimed === null) throw new Error("another node was quicker");
          own = claimed;
          await applier.reached(claimed.position);
          return claimed;
        },
        digest: (webhookId) => digestTables(world.files.open(webhookId).db),
        async stop() {
          nodes.delete(node);
          await applier.stop();
          await world.writer.drain();
          await world.files.closeAll();
        },
      };
      nodes.add(node);
      return node;
    },
    async settled() {
      for (const { applier } of nodes) await applier.reached(log.entries.length);
    },
    async dispose() {
      for (const node of [...nodes]) await node.stop();
      for (const world of worlds) await world.dispose();
    },
  };
}
