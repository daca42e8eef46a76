/** A node takes the file of an imported webhook from nodes that are heard, by real HTTP. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SEED_BYTES, SEED_SHA256 } from "../../../src/http/cluster/seed-routes.ts";
import { newId } from "../../../src/lib/ids.ts";
import { nextTurn } from "../../../src/lib/pauses.ts";
import { createHeardNodes } from "../../../src/server/cluster/heard-nodes.ts";
import { type ClusterImports, createClusterImports } from "../../../src/server/cluster/imports.ts";
import type { HeardNode } from "../../../src/storage/cluster/leadership.ts";
import { makeEventFile } from "../../../src/storage/event-db/new-file.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";
import { makeTestFolder } from "../../support/folder.ts";
import { createRecordingLog } from "../../support/recording-log.ts";
import { thrownBy } from "../../support/thrown.ts";

let clock: FakeClock;
let webhookId: string;
let dataDir: string;
let heard: Map<string, HeardNode>;
let imports: ClusterImports;
let servers: Bun.Server<undefined>[];
let asked: string[];
let file: Uint8Array<ArrayBuffer>;

beforeEach(() => {
  clock = createFakeClock();
  webhookId = newId();
  dataDir = makeTestFolder("imports");
  const source = join(makeTestFolder("source"), "a.db");
  makeEventFile(source);
  file = new Uint8Array(readFileSync(source));
  heard = new Map();
  [servers, asked] = [[], []];
  const { log } = createRecordingLog();
  const member = { node: "self", nodes: () => [...heard.values()] };
  imports = createClusterImports({
    member: { leader: () => ({ node: "leader", url: "" }), epoch: () => 1, keepsFiles: true },
    others: createHeardNodes({ member, clock }),
    dataDir,
    mainDb: { replication: { hasWebhook: () => true } },
    files: { delete: () => Promise.resolve() },
    signatures: { sign: () => ({}) },
    clock,
    log,
  });
});

afterEach(async () => {
  await imports.imported.stop();
  for (const server of servers) await server.stop(true);
});

/** A node that sends so much of the file, and then nothing more. */
function addSender(node: string, { sends }: { sends: number }): void {
  const sha256 = new Bun.CryptoHasher("sha256").update(file).digest("hex");
  const headers = { [SEED_BYTES]: String(file.byteLength), [SEED_SHA256]: sha256 };
  addNode(node, () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(file.subarray(0, sends));
        if (sends === file.byteLength) controller.close();
      },
    });
    return new Response(body, { headers });
  });
}

/** A node that refuses to keep a file; null once it takes it. */
function addKeeper(node: string, refusal: () => string | null): void {
  addNode(node, () => {
    const code = refusal();
    if (code === null) return Response.json({ ready: true });
    return Response.json({ error: { code, message: "No." } }, { status: 503 });
  });
}

function addNode(node: string, answer: () => Response): void {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch() {
      asked.push(node);
      return answer();
    },
  });
  servers.push(server);
  const beat = {
    url: server.url.origin,
    version: "1",
    leads: null,
    applied: 0,
    synced: 0,
    isDraining: false,
    files: "all" as const,
    copies: 2,
    room: 0,
    format: 1,
    needsUpgrade: false,
  };
  heard.set(node, { node, at: clock.monotonic(), beat });
}

test("a node that falls silent while it sends the file is not waited for, and another one gives it", async () => {
  addSender("leader", { sends: 4_096 });
  await imports.imported.expect({ webhookId, position: 5 });
  const arrived = imports.imported.arrived([webhookId]);
  const part = () => [...new Bun.Glob("transfer-*.part").scanSync(dataDir)][0];
  while (part() === undefined) await nextTurn();
  heard.delete("leader");
  addSender("other", { sends: file.byteLength });
  // It looks who is silent, and tries again after a pause.
  clock.advance(500);
  while (part() !== undefined) await nextTurn();
  while (!existsSync(join(dataDir, `events-${webhookId}.db`))) {
    clock.advance(2_000);
    const other = heard.get("other");
    if (other !== undefined) heard.set("other", { ...other, at: clock.monotonic() });
    await nextTurn();
  }
  await arrived;
  expect(asked).toEqual(["leader", "other"]);
});

test("an import is refused at once if no other node has room for its file", async () => {
  addKeeper("one", () => "too_little_space");
  addKeeper("other", () => "disk_full");
  expect(await thrownBy(() => imports.spread(webhookId))).toMatchObject({
    kind: "unavailable",
    code: "no_room_at_other_node",
  });
  expect(asked.toSorted()).toEqual(["one", "other"]);
});

test("a node that refuses for another reason is asked again, as it may be starting", async () => {
  let tries = 0;
  addKeeper("full", () => "disk_full");
  addKeeper("starting", () => (++tries < 3 ? "starting" : null));
  let isDone = false;
  const spread = imports.spread(webhookId).then(() => (isDone = true));
  while (!isDone) {
    await nextTurn();
    clock.advance(100);
    for (const [node, each] of heard) heard.set(node, { ...each, at: clock.monotonic() });
  }
  await spread;
  expect(asked.filter((node) => node === "starting")).toHaveLength(3);
});
