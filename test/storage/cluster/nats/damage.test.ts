import { afterEach, beforeEach, expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EventLog, ReaderTrouble } from "../../../../src/storage/cluster/event-log.ts";
import { largeRecord } from "../../../support/nats/large-record.ts";
import { idsIn, openTestLog, readInto } from "../../../support/nats/log-world.ts";
import { connectAdmin } from "../../../support/nats/nats-admin.ts";
import { findNatsServer } from "../../../support/nats/nats-executable.ts";
import { type NatsServers, startNatsServers } from "../../../support/nats/nats-servers.ts";
import { fetchNatsServer, natsTest } from "../../../support/nats/nats-test.ts";
import { until } from "../../../support/until.ts";

/** JetStream chooses a server for each reader: among so many, the turn of each has come. */
const READINGS = 20;

let servers: NatsServers;
let log: EventLog;

fetchNatsServer();
beforeEach(async () => {
  if ((await findNatsServer()) === null) return;
  servers = await startNatsServers();
  log = await openTestLog(servers.options);
});
afterEach(async () => {
  await log?.close();
  await servers?.end();
});

natsTest(
  "Half a large record is never an entry, wherever kill -9 hits the node that appends it",
  async () => {
    const acknowledged: string[] = [];
    for (let round = 1; round <= 4; round++) {
      const child = Bun.spawn(
        [
          process.execPath,
          join(import.meta.dir, "../../../support/nats/append-child.ts"),
          JSON.stringify({ ...servers.options, node: `child-${round}` }),
        ],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      let told = "";
      for await (const chunk of child.stdout) {
        told += new TextDecoder().decode(chunk);
        if (told.split("\n").length > round) break;
      }
      child.kill("SIGKILL");
      await child.exited;
      acknowledged.push(...told.split("\n").slice(0, -1));
    }
    await log.append({ shard: 0, id: "last", bytes: new Uint8Array(1) });
    const reading = readInto(log);
    await reading.reaches((await log.head(0)).last);
    const ids = idsIn(reading.entries);
    expect(ids.at(-1)).toBe("last");
    for (const entry of reading.entries.slice(0, -1)) {
      expect(entry.kind === "record" && Buffer.compare(entry.bytes, largeRecord(entry.id)) === 0).toBe(true);
    }
    expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([]);
    expect(reading.damage()).toEqual([]);
  },
);

natsTest("One flipped bit in a server's copy is found, named, and read around", async () => {
  const bytes = new Uint8Array(9_000);
  const count = 1_200;
  const append = () => log.append({ shard: 0, id: crypto.randomUUID(), bytes });
  await Promise.all(Array.from({ length: count }, append));
  const admin = await connectAdmin(servers);
  const leader = await admin.leaderOf("WHLOG_0");
  const server = servers.names.find((name) => name !== leader) ?? "";
  await until(async () => (await admin.copiesOf("WHLOG_0")).get(server)?.size === count);

  async function damage(): Promise<void> {
    await servers.stop(server);
    const block = join(servers.folderOf(server), "jetstream/WEBHOOKER/streams/WHLOG_0/msgs/1.blk");
    const content = readFileSync(block);
    // All bytes of the records are zero.
    content[1_000_000] = 1;
    writeFileSync(block, content);
    await servers.start(server);
    await admin.inStep("WHLOG_0");
  }

  async function readAll(): Promise<readonly ReaderTrouble[]> {
    const reading = readInto(log);
    await reading.reaches(count);
    await reading.reader.stop();
    expect(reading.entries.map(({ position }) => position)).toEqual(
      Array.from({ length: count }, (_, n) => n + 1),
    );
    return reading.damage();
  }

  let found: readonly ReaderTrouble[] = [];
  for (let n = 0; found.length === 0; n++) {
    // A server that checks all that it has when it starts may have mended it.
    if (n % READINGS === 0) await damage();
    found = await readAll();
  }
  for (const trouble of found) expect(trouble).toMatchObject({ kind: "damaged_copy", server });
  await admin.close();
});
