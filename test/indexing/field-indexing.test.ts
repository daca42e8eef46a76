/** New events reach the index of fields after a while or once many have gathered; changed fields reach old events. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createFieldIndexing, type FieldIndexing } from "../../src/indexing/field-indexing.ts";
import { newId } from "../../src/lib/ids.ts";
import type { WebhookRow } from "../../src/storage/main-db/tables.ts";
import { createFieldStore, type FieldStore } from "../../src/storage/stores/field-store.ts";
import { createStorageWorld, query, type StorageWorld } from "../storage/storage-world.ts";
import { createRecordingLog } from "../support/recording-log.ts";

const FIELDS = ["order=$.order", "shop=X-Shop"];

let world: StorageWorld;
let indexing: FieldIndexing;
let webhookId: string;
let indexedFields: readonly string[];
let change: (to: readonly string[]) => void;
let store: FieldStore;
let lines: ReturnType<typeof createRecordingLog>["lines"];
/** Resolves with each step's end. */
let steps: { isDone: boolean }[];
let whenStepped: () => void;
/** Number of steps that have begun. */
let begun: number;

beforeEach(() => {
  world = createStorageWorld();
  webhookId = newId();
  indexedFields = FIELDS;
  store = createFieldStore(world);
  indexing = create();
});

afterEach(async () => {
  await indexing.stop();
  await world.dispose();
});

function create(): FieldIndexing {
  const listeners = new Set<(webhookId: string) => void>();
  const recorded = createRecordingLog();
  lines = recorded.lines;
  steps = [];
  begun = 0;
  whenStepped = () => undefined;
  change = (to) => {
    indexedFields = to;
    for (const listener of listeners) listener(webhookId);
  };
  const settings = () => ({ indexed_fields: indexedFields });
  const row: Omit<WebhookRow, "settings"> = {
    id: webhookId,
    userId: newId(),
    name: "Shop",
    eventsLostAt: null,
    externalId: null,
    createdAt: 1,
    updatedAt: 1,
    deletedAt: null,
    key: null,
    managedBy: null,
  };
  return createFieldIndexing({
    store: {
      ...store,
      async step(id, places) {
        begun++;
        const step = await store.step(id, places).finally(() => setImmediate(whenStepped));
        steps.push(step);
        return step;
      },
    },
    webhooks: {
      listAll: () => [{ id: webhookId, settings: settings() }],
      find: (id) => ({ ...row, id, settings: settings() }),
    },
    routing: {
      onInvalidate(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    clock: world.clock,
    log: recorded.log,
    rest: () => Promise.resolve(),
  });
}

async function untilDone(): Promise<void> {
  while (steps.at(-1)?.isDone !== true) {
    await new Promise<void>((resolve) => {
      whenStepped = resolve;
    });
  }
}

async function receive(count: number): Promise<void> {
  const body = (n: number) => Buffer.from(JSON.stringify({ order: n }));
  await Promise.all(Array.from({ length: count }, (_, n) => world.append({ webhookId, body: body(n) })));
}

function entries(): number {
  const path = world.files.pathOf(webhookId);
  return query<{ n: number }>(path, "SELECT count(*) AS n FROM event_fields")[0]?.n ?? -1;
}

test("a start indexes what an earlier run left", async () => {
  await receive(3);
  indexing.start();
  await untilDone();
  expect(entries()).toBe(3);
});

test("new events are left alone at first, and indexed ten seconds later", async () => {
  await receive(1);
  indexing.start();
  await untilDone();
  steps = [];
  await receive(2);
  indexing.noteRecorded(webhookId);
  world.clock.advance(1_000);
  await store.isGroupFull(webhookId);
  expect(entries()).toBe(1);
  for (let second = 0; second < 10; second++) {
    world.clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await untilDone();
  expect(entries()).toBe(3);
});

test("so many that they fill a group are indexed at the next second", async () => {
  await receive(1);
  indexing.start();
  await untilDone();
  steps = [];
  await receive(2_600);
  indexing.noteRecorded(webhookId);
  world.clock.advance(1_000);
  await untilDone();
  expect(entries()).toBe(2_601);
});

test("changed fields are indexed for all events, and none at all where there are no fields any more", async () => {
  await receive(5);
  indexing.start();
  await untilDone();
  steps = [];
  change(["type=Content-Type", ...FIELDS]);
  await untilDone();
  expect(entries()).toBe(5 + 5);
  steps = [];
  change([]);
  await untilDone();
  expect(entries()).toBe(0);
});

test("a file that cannot be used is told of, and its webhook tried again with its next events", async () => {
  await receive(1);
  const { step } = store;
  store = { ...store, step: () => Promise.reject(new Error("disk I/O error")) };
  const failed = new Promise<void>((resolve) => {
    whenStepped = resolve;
  });
  indexing.start();
  await failed;
  expect(lines.map(({ message }) => message)).toEqual(["fields could not be indexed"]);
  store = { ...store, step };
  indexing.noteRecorded(webhookId);
  for (let second = 0; second < 11; second++) {
    world.clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await untilDone();
  expect(entries()).toBe(1);
});

test("a follower of a cluster indexes nothing, whatever its leader changes, until it leads", async () => {
  const turns = async () => {
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  await receive(1);
  change(["order=$.order"]);
  await turns();
  indexing.noteRecorded(webhookId);
  world.clock.advance(10 * 60_000);
  await turns();
  expect([begun, lines]).toEqual([0, []]);
});
