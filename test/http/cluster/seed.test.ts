/** Copies of the leader's databases over HTTP, from the leader's routes to the follower's folder. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { rememberCaller } from "../../../src/http/cluster/node-caller.ts";
import { createSeedClient } from "../../../src/http/cluster/seed-client.ts";
import { seedRoutes } from "../../../src/http/cluster/seed-routes.ts";
import { createSnapshots, type Snapshot } from "../../../src/storage/backup/snapshots.ts";
import { stageSeed } from "../../../src/storage/cluster/seed.ts";
import { makeEventFile } from "../../../src/storage/event-db/new-file.ts";
import { digestTables } from "../../../src/storage/reader/file-digest.ts";
import { createTestMainDb, type TestMainDb } from "../../support/main-db.ts";
import { appErrorOf, thrownBy } from "../../support/thrown.ts";
import { signaturesOf, startNode } from "./pair.ts";

let main: TestMainDb;
let dataDir: string;
let webhookId: string;
let isLeader: boolean;
/** Up to where the node has applied the log. */
let applied: number;
let webhookIds: Set<string>;
/** Nodes that were about to take copies. */
let admitted: string[];
/** Called before each copy is made. */
let onCopy: () => Promise<void> | void;
let discarded: PromiseWithResolvers<void>;
let leader: ReturnType<typeof startNode>;
const { signal } = new AbortController();
const client = createSeedClient({
  leader: () => ({ node: "a", url: leader.url }),
  signatures: signaturesOf("b"),
});

beforeEach(() => {
  main = createTestMainDb();
  dataDir = join(main.directory, "events");
  mkdirSync(dataDir);
  webhookId = main.addWebhook({ userId: main.addUser().id }).id;
  makeEventFile(eventFile());
  isLeader = true;
  admitted = [];
  applied = 5;
  webhookIds = new Set([webhookId]);
  onCopy = () => undefined;
  discarded = Promise.withResolvers();
  const snapshots = createSnapshots({ dbPath: main.path, dataDir });
  const telling = async (take: () => Promise<Snapshot>) => {
    await onCopy();
    return take();
  };
  const routes = seedRoutes({
    isLeader: () => isLeader,
    hasWebhook: (id) => webhookIds.has(id),
    admit: async (node) => void admitted.push(node),
    hasFile: (id) => existsSync(join(dataDir, `events-${id}.db`)),
    async agreed(position) {
      if (!(position <= applied)) throw new Error("behind");
    },
    copies: {
      ofMainDatabase: () => telling(snapshots.ofMainDatabase),
      ofEvents: (id) => telling(() => snapshots.ofEvents(id)),
      async discard(path) {
        await snapshots.discard(path);
        discarded.resolve();
      },
    },
  });
  leader = startNode("a", () => ({ node: "a", url: "" }), { routes });
});

afterEach(async () => {
  await leader.stop();
  main.dispose();
});

const eventFile = () => join(dataDir, `events-${webhookId}.db`);
const temporaryFiles = () => readdirSync(dataDir).filter((name) => !name.startsWith("events-"));

function digestOf(path: string): ReadonlyMap<string, string> {
  const db = new Database(path, { readwrite: true, create: false });
  try {
    return digestTables(db);
  } finally {
    db.close();
  }
}

/** So that a copy does not fit between the two ends of a connection. */
function growEventFile(): void {
  const db = new Database(eventFile());
  db.run("CREATE TABLE filler (bytes BLOB)");
  db.run("INSERT INTO filler VALUES (zeroblob(16000000))");
  db.close();
}

test("a follower's databases become those of the leader, whose temporary copies are deleted", async () => {
  const own = { dbPath: join(main.directory, "own", "a.db"), dataDir: join(main.directory, "own") };
  growEventFile();
  (await stageSeed({ ...own, fetchCopy: client.fetchCopy, prepare: () => "all" })).putInPlace();
  expect(digestOf(own.dbPath)).toEqual(digestOf(main.path));
  expect(digestOf(join(own.dataDir, `events-${webhookId}.db`))).toEqual(digestOf(eventFile()));
  expect(temporaryFiles()).toEqual([]);
});

describe("the file of an imported webhook", () => {
  const from = () => ({ node: "a", url: leader.url });
  const fetchImported = (position: number) => client.fetchImported(from(), { webhookId, position }, signal);

  test("comes from any node that has it, before the webhook is visible and after", async () => {
    isLeader = false;
    webhookIds.clear();
    const copy = await fetchImported(0);
    expect(copy?.bytes).toBeGreaterThan(0);
    await copy?.body.cancel();
    await discarded.promise;
    expect(temporaryFiles()).toEqual([]);
  });

  test("is gone only by the word of a node that has read the log so far", async () => {
    rmSync(eventFile());
    expect((await appErrorOf(() => fetchImported(5))).message).toContain("not here yet");
    webhookIds.clear();
    expect(await fetchImported(5)).toBeNull();
    expect((await appErrorOf(() => fetchImported(6))).code).toBe("no_copy");
  });

  test("is asked for by ids alone, and by nodes alone", async () => {
    const webhookId = "..%2Fwebhooker";
    expect(await client.fetchImported(from(), { webhookId, position: 0 }, signal)).toBeNull();
    const path = "/cluster/v1/seed/imports/x?after=0";
    expect((await fetch(`${leader.url}${path}`)).status).toBe(403);
  });
});

describe("the leader gives no copy", () => {
  const path = "/cluster/v1/seed/main";

  test("of a webhook that it has not, or that is deleted while the copy is made", async () => {
    expect(await client.fetchCopy({ webhookId: crypto.randomUUID() }, signal)).toBeNull();
    onCopy = () => {
      webhookIds.clear();
      rmSync(eventFile());
    };
    expect(await client.fetchCopy({ webhookId }, signal)).toBeNull();
  });

  test("of a file that is lost, which is no webhook that is gone", async () => {
    rmSync(eventFile());
    expect((await appErrorOf(() => client.fetchCopy({ webhookId }, signal))).code).toBe("no_copy");
    expect(temporaryFiles()).toEqual([]);
  });

  test("once it leads no longer", async () => {
    isLeader = false;
    const { kind, message } = await appErrorOf(() => client.fetchCopy({ webhookId: null }, signal));
    expect([kind, message]).toEqual([
      "unavailable",
      "Node a gives no copy: Only the leader of the cluster gives copies.",
    ]);
  });

  test("to anybody but a node: neither to a client, nor to one whose request a node forwards", async () => {
    const forwarded = signaturesOf("b").sign({ method: "GET", path, client: "192.0.2.7" });
    for (const headers of [{}, forwarded]) {
      const response = await fetch(`${leader.url}${path}`, { headers });
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ error: { code: "nodes_only" } });
    }
    expect(temporaryFiles()).toEqual([]);
  });
});

test("the client says so while there is no leader, and if the leader cannot be reached", async () => {
  const signatures = signaturesOf("b");
  const none = createSeedClient({ leader: () => null, signatures });
  const gone = createSeedClient({ leader: () => ({ node: "a", url: "http://127.0.0.1:1" }), signatures });
  for (const { fetchCopy } of [none, gone]) {
    expect((await appErrorOf(() => fetchCopy({ webhookId: null }, signal))).kind).toBe("unavailable");
  }
});

test("the client hands on what helps, such as against another secret key", async () => {
  const own = signaturesOf("b");
  const sign: typeof own.sign = (request) => ({ ...own.sign(request), "x-webhooker-node-signature": "x" });
  const stranger = createSeedClient({ leader: () => ({ node: "a", url: leader.url }), signatures: { sign } });
  expect(await appErrorOf(() => stranger.fetchCopy({ webhookId: null }, signal))).toMatchObject({
    code: "no_copy",
    hint: "All nodes need the same SECRET_KEY, and clocks that differ by less than a minute.",
  });
});

test("two copies are made and sent at a time, and one that nobody waits for is not made", async () => {
  const begun: string[] = [];
  const twoBegun = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const routes = seedRoutes({
    isLeader: () => true,
    hasWebhook: () => true,
    admit: async () => undefined,
    hasFile: () => true,
    agreed: () => Promise.resolve(),
    copies: {
      ofMainDatabase: () => Promise.reject(new Error("nobody asks for it")),
      async ofEvents(id) {
        begun.push(id);
        if (begun.length === 2) twoBegun.resolve();
        await go.promise;
        return { path: eventFile(), bytes: 1, sha256: "" };
      },
      discard: async () => undefined,
    },
  });
  const leave = new AbortController();
  const ask = async (id: string) => {
    const request = new Request(`http://localhost/cluster/v1/seed/events/${id}`, { signal: leave.signal });
    rememberCaller(request, { node: "b", client: null });
    return routes.handle(request);
  };
  const [first, second, third] = [ask("1"), ask("2"), ask("3")];
  await twoBegun.promise;
  go.resolve();
  await Promise.all([first, second]);
  expect(begun).toEqual(["1", "2"]);
  const fourth = ask("4");
  await (await first).bytes();
  await third;
  leave.abort();
  expect((await fourth).status).toBe(500);
  for (const sent of [second, third]) await (await sent).bytes();
  expect(begun).toEqual(["1", "2", "3"]);
});

test("a copy is deleted when its node goes away, while it is made or sent", async () => {
  growEventFile();
  const leave = new AbortController();
  const copying = Promise.withResolvers<void>();
  onCopy = () => copying.resolve();
  const asked = thrownBy(() => client.fetchCopy({ webhookId }, leave.signal));
  await copying.promise;
  leave.abort();
  await asked;
  await discarded.promise;
  expect(temporaryFiles()).toEqual([]);

  discarded = Promise.withResolvers();
  const copy = await client.fetchCopy({ webhookId }, signal);
  await copy?.body.cancel();
  await discarded.promise;
  expect(temporaryFiles()).toEqual([]);
  expect(await client.fetchCopy({ webhookId: null }, signal)).not.toBeNull();
});
