/** A node takes its files from the leader, and from another one where that goes away. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../../../src/config.ts";
import { SEED_BYTES, SEED_SHA256 } from "../../../src/http/cluster/seed-routes.ts";
import { seedFromLeader } from "../../../src/server/cluster/seed-from-leader.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";
import { makeTestFolder } from "../../support/folder.ts";
import { createMemoryLog } from "../../support/memory-log.ts";
import { createRecordingLog } from "../../support/recording-log.ts";
import { appErrorOf } from "../../support/thrown.ts";

let folder: string;
let clock: FakeClock;
let stopLeader: () => unknown;

beforeEach(() => {
  folder = makeTestFolder("seed");
  clock = createFakeClock();
});

afterEach(async () => {
  await stopLeader();
  rmSync(folder, { recursive: true });
});

/** Its database as a leader gives it, after it has failed as often as said. */
function startLeader(failures: number) {
  mkdirSync(join(folder, "leader"));
  const db = new Database(join(folder, "leader", "main.db"));
  db.run("CREATE TABLE webhooks (id TEXT PRIMARY KEY, deleted_at INTEGER)");
  db.run("CREATE TABLE cluster_state (role TEXT, synced_position INTEGER)");
  db.run("INSERT INTO cluster_state VALUES ('leading', 7)");
  const bytes = db.serialize();
  db.close();
  const asked = { count: 0 };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch() {
      if (asked.count++ < failures) return new Response("gone", { status: 503 });
      const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
      return new Response(bytes, {
        headers: { [SEED_BYTES]: String(bytes.byteLength), [SEED_SHA256]: sha256 },
      });
    },
  });
  stopLeader = () => server.stop(true);
  return { url: `http://127.0.0.1:${server.port}`, asked };
}

function seeding(url: string) {
  const log = createMemoryLog().connect();
  const cluster = { node: "own" } as Parameters<typeof seedFromLeader>[0]["cluster"];
  const config = loadConfig({
    DATA_DIR: join(folder, "own"),
    DBURL: join(folder, "own", "webhooker.db"),
    SECRET_KEY: Buffer.alloc(32, 1).toString("base64"),
  });
  const done = seedFromLeader({
    config,
    cluster,
    clock,
    log: createRecordingLog().log,
    eventLog: log,
    signal: new AbortController().signal,
    held: { keeps: false, upTo: null },
  });
  /** The leader beats, and time passes, until it has ended. */
  const going = async () => {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    done.then(over, over);
    while (!isOver) {
      log.beat("leader", { url, version: "1", leads: 2, applied: 0, synced: 0, isDraining: false });
      clock.advance(500);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return done;
  };
  return { config, going };
}

test("it tries again where the leader went away meanwhile", async () => {
  const { url, asked } = startLeader(2);
  const { config, going } = seeding(url);
  expect(await going()).toEqual({ missing: [] });
  expect(asked.count).toBe(3);
  expect(await Bun.file(config.dbPath).exists()).toBeTrue();
});

test("it gives up where the leader goes on to refuse", async () => {
  const { url, asked } = startLeader(Number.POSITIVE_INFINITY);
  const { going } = seeding(url);
  expect((await appErrorOf(going)).code).toBe("no_copy");
  expect(asked.count).toBe(5);
});
