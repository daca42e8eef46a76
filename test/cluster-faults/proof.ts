/**
 * Checks a cluster that has come to rest: nothing lost, nothing twice, all nodes have the same in all their files, and all
 * NATS servers in their copies of the log.
 */
import { Database } from "bun:sqlite";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { digestMain } from "../../src/storage/main-db/replication/main-digest.ts";
import { digestTables } from "../../src/storage/reader/file-digest.ts";
import type { Gateway } from "../support/gateway.ts";
import { listDifferences } from "../support/nats/copies.ts";
import type { World } from "./world.ts";

const LOOK_MS = 250;
const EVENT_FILE = /^events-(.+)\.db$/;

export type Verdict = Readonly<{
  /** One line each. */
  faults: readonly string[];
  lost: number;
  doubled: number;
  undelivered: number;
  /** Deliveries beyond the first of each event. */
  repeats: number;
  settledMs: number;
}>;

/** Looks until nothing is wrong, or the time is up: a node may still be catching up. */
export async function prove(world: World, limitMs: number): Promise<Verdict> {
  const since = performance.now();
  for (;;) {
    const verdict = await look(world).catch((error: unknown) => ({
      ...NOTHING,
      faults: [`the cluster could not be looked at: ${String(error)}`],
    }));
    const settledMs = performance.now() - since;
    if (verdict.faults.length === 0 || settledMs > limitMs) return { ...verdict, settledMs };
    await Bun.sleep(LOOK_MS);
  }
}

const NOTHING = { lost: 0, doubled: 0, undelivered: 0, repeats: 0 };

type Found = Omit<Verdict, "settledMs">;

async function look(world: World): Promise<Found> {
  const { nodes, setups, deleted, senders, sink, cluster, copies } = world;
  const faults: string[] = [];
  const keepers = nodes.filter(cluster.keeps);
  if (keepers.length < copies) faults.push(`${keepers.length} of ${copies} nodes have event files`);
  const expected = senders.acknowledged.filter(({ webhookId }) => !deleted.has(webhookId));
  let lost = 0;
  let doubled = 0;
  for (const node of keepers) {
    const name = cluster.nameOf(node);
    const stored = new Map(setups.map(({ webhookId }) => [webhookId, readEvents(node, webhookId)]));
    const missing = expected.filter(
      ({ eventId, webhookId, number }) => stored.get(webhookId)?.get(eventId) !== number,
    );
    lost = Math.max(lost, missing.length);
    if (missing.length > 0)
      faults.push(`${name} lacks ${missing.length} events, such as ${missing[0]?.number}`);
    const numbers = [...stored.values()].flatMap((events) => [...events.values()]);
    const twice = numbers.length - new Set(numbers).size;
    doubled = Math.max(doubled, twice);
    if (twice > 0) faults.push(`${name} has ${twice} events twice`);
  }
  const undelivered = expected.filter(({ eventId }) => !sink.counts.has(eventId)).length;
  if (undelivered > 0) faults.push(`${undelivered} events were not delivered`);
  const repeats = [...sink.counts.values()].reduce((sum, count) => sum + count - 1, 0);
  if (faults.length > 0) return { faults, lost, doubled, undelivered, repeats };
  const asked = world.api(await cluster.leader());
  for (const { webhookId } of setups) {
    if (await asked.hasPending(webhookId)) faults.push(`webhook ${webhookId} has pending deliveries`);
  }
  faults.push(...listUnequalFiles(world), ...listUnmade(world), ...listDifferences(await world.logCopies()));
  return { faults, lost, doubled, undelivered, repeats };
}

/** Sent numbers by event. */
function readEvents(node: Gateway, webhookId: string): ReadonlyMap<string, number> {
  return reading(pathOf(node, `events-${webhookId}.db`), (db) => {
    const rows = db.query<{ id: string; path_tail: string }, []>("SELECT id, path_tail FROM events").all();
    return new Map(rows.map(({ id, path_tail }) => [id, Number(path_tail.slice(1))]));
  });
}

function listUnequalFiles({ nodes, setups, cluster }: World): readonly string[] {
  const keepers = nodes.filter(cluster.keeps);
  const files = [
    ...setups.map(({ webhookId }) => ({
      name: `events-${webhookId}.db`,
      digest: digestTables,
      at: keepers,
    })),
    { name: "webhooker.db", digest: (db: Database) => digestMain(db).tables, at: nodes },
  ];
  return files.flatMap(({ name, digest, at }) => {
    const [first, ...others] = at.map((node) => ({
      node: cluster.nameOf(node),
      tables: reading(pathOf(node, name), digest),
    }));
    return others.flatMap(({ node, tables }) =>
      [...(first?.tables ?? [])]
        .filter(([table, digested]) => tables.get(table) !== digested)
        .map(([table]) => `${name} differs in ${table} between ${first?.node} and ${node}`),
    );
  });
}

/** Finds objects that a node has otherwise than the API has said, and event files that belong to no webhook. */
function listUnmade({ nodes, made, deleted, cluster }: World): readonly string[] {
  return nodes.flatMap((node) => {
    const name = cluster.nameOf(node);
    const faults: string[] = [];
    const idsOf = (sql: string) =>
      reading(
        pathOf(node, "webhooker.db"),
        (db) =>
          new Set(
            db
              .query<{ id: string }, []>(sql)
              .all()
              .map(({ id }) => id),
          ),
      );
    const live = idsOf("SELECT id FROM webhooks WHERE deleted_at IS NULL");
    const targets = idsOf("SELECT id FROM targets");
    for (const id of made.webhooks) if (!live.has(id)) faults.push(`${name} lacks webhook ${id}`);
    for (const id of made.targets) if (!targets.has(id)) faults.push(`${name} lacks target ${id}`);
    for (const id of deleted) if (live.has(id)) faults.push(`${name} has the deleted webhook ${id}`);
    const files = readdirSync(join(node.folder, "data")).flatMap((file) => EVENT_FILE.exec(file)?.[1] ?? []);
    const expected = cluster.keeps(node) ? live : new Set<string>();
    for (const id of files) if (!expected.has(id)) faults.push(`${name} has a file of no webhook: ${id}`);
    for (const id of expected) if (!files.includes(id)) faults.push(`${name} has no file of webhook ${id}`);
    return faults;
  });
}

function pathOf(node: Gateway, name: string): string {
  return join(node.folder, "data", name);
}

function reading<T>(path: string, read: (db: Database) => T): T {
  const db = new Database(path, { readonly: true });
  try {
    return read(db);
  } finally {
    db.close();
  }
}
