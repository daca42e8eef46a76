import { describe, expect } from "bun:test";
import { expectAllIn, loadRecord, startAppending } from "../../../support/nats/append-load.ts";
import { idsIn, openTestLog, readInto } from "../../../support/nats/log-world.ts";
import { connectAdmin } from "../../../support/nats/nats-admin.ts";
import { type NatsServers, startNatsServers } from "../../../support/nats/nats-servers.ts";
import { fetchNatsServer, natsTest, natsTestBeside } from "../../../support/nats/nats-test.ts";
import { appErrorOf } from "../../../support/thrown.ts";

const STREAM = "WHLOG_0";

fetchNatsServer();

/** Starts servers, opens a log on them, and ends both with the block. */
async function startWorld() {
  const stack = new AsyncDisposableStack();
  try {
    const servers = await startNatsServers();
    stack.defer(servers.end);
    const log = await openTestLog(servers.options);
    stack.defer(() => log.close());
    const admin = await connectAdmin(servers);
    stack.defer(admin.close);
    return { servers, log, admin, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

function followerOf(servers: NatsServers, leader: string): string {
  return servers.names.find((name) => name !== leader) ?? "";
}

describe("every acknowledged record is stored once and read in order", () => {
  natsTestBeside("after kill -9 of the server that leads, and no append fails", async () => {
    await using world = await startWorld();
    const { servers, log, admin } = world;
    const throughout = readInto(log);
    const load = startAppending(log);
    await load.acknowledges(300);
    const leader = await admin.leaderOf(STREAM);
    await servers.kill(leader);
    await load.acknowledges(300);
    await servers.start(leader);
    await load.acknowledges(300);
    await load.stop();
    expect(load.refused).toEqual([]);
    await expectAllIn(log, load);
    await throughout.reaches((await log.head(0)).last);
    expect(new Set(idsIn(throughout.entries)).size).toBe(throughout.entries.length);
    expect(throughout.damage()).toEqual([]);
  });

  natsTestBeside("after kill -9 of one that follows", async () => {
    await using world = await startWorld();
    const { servers, log, admin } = world;
    const load = startAppending(log);
    await load.acknowledges(300);
    const follower = followerOf(servers, await admin.leaderOf(STREAM));
    await servers.kill(follower);
    await load.acknowledges(300);
    await servers.start(follower);
    await load.acknowledges(300);
    await load.stop();
    expect(load.refused).toEqual([]);
    await expectAllIn(log, load);
  });

  natsTestBeside("after kill -9 of all three at once", async () => {
    await using world = await startWorld();
    const { servers, log } = world;
    const throughout = readInto(log);
    const load = startAppending(log);
    await load.acknowledges(300);
    await Promise.all(servers.names.map(servers.kill));
    await Promise.all(servers.names.map(servers.start));
    await load.acknowledges(300);
    await load.stop();
    await expectAllIn(log, load);
    await throughout.reaches((await log.head(0)).last);
    expect(throughout.damage()).toEqual([]);
  });

  natsTestBeside(
    "after the server that leads was stopped, and came back believing that it leads",
    async () => {
      await using world = await startWorld();
      const { servers, log, admin } = world;
      const load = startAppending(log);
      await load.acknowledges(300);
      const leader = await admin.leaderOf(STREAM);
      servers.signal(leader, "SIGSTOP");
      await load.acknowledges(300);
      servers.signal(leader, "SIGCONT");
      await load.acknowledges(300);
      await load.stop();
      expect(load.refused).toEqual([]);
      await expectAllIn(log, load);
    },
  );
});

describe("without a majority of the servers", () => {
  natsTest("appends fail as unavailable within their time, and succeed once it is back", async () => {
    await using world = await startWorld();
    const { servers, log } = world;
    const load = startAppending(log);
    await load.acknowledges(100);
    await load.stop();
    await Promise.all(["n1", "n2"].map(servers.kill));
    // One that no load has made.
    const record = loadRecord(1_000_001);
    const since = performance.now();
    const error = await appErrorOf(() => log.append(record, 1_500));
    expect(error).toMatchObject({ kind: "unavailable", code: "unavailable", retryAfterSeconds: 5 });
    expect(performance.now() - since).toBeLessThan(4_000);
    await Promise.all(["n1", "n2"].map(servers.start));
    // It may have been stored all the same, and is not stored again then.
    await log.append(record);
    await expectAllIn(log, load);
  });
});

describe("a reader", () => {
  natsTestBeside("goes on by itself after the server that it read from is gone for good", async () => {
    await using world = await startWorld();
    const { servers, log, admin } = world;
    const reading = readInto(log);
    await log.append({ shard: 0, id: "a", bytes: new Uint8Array(1) });
    await reading.reaches(1);
    const [server = ""] = await admin.readFrom(STREAM);
    await servers.kill(server);
    const since = performance.now();
    const position = await log.append({ shard: 0, id: "b", bytes: new Uint8Array(1) });
    await reading.reaches(position);
    expect(idsIn(reading.entries)).toEqual(["a", "b"]);
    expect(reading.troubles.map(({ kind }) => kind)).toContain("interrupted");
    // 1.5 s of silence, and an election if that server led.
    expect(performance.now() - since).toBeLessThan(15_000);
  });

  natsTestBeside("goes on by itself after the server that it read from was stopped", async () => {
    await using world = await startWorld();
    const { servers, log, admin } = world;
    const reading = readInto(log);
    await log.append({ shard: 0, id: "a", bytes: new Uint8Array(1) });
    await reading.reaches(1);
    const [server = ""] = await admin.readFrom(STREAM);
    servers.signal(server, "SIGSTOP");
    const position = await log.append({ shard: 0, id: "b", bytes: new Uint8Array(1) });
    await reading.reaches(position);
    expect(idsIn(reading.entries)).toEqual(["a", "b"]);
    servers.signal(server, "SIGCONT");
  });
});
