/** NATS servers whose copy of the log is not what they had acknowledged. */
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { namesOf } from "../../src/storage/cluster/nats/names.ts";
import { openTestLog, readInto } from "../support/nats/log-world.ts";
import { type Fault, NATS_BOUND_MS } from "./fault.ts";
import { SMALL_BYTES } from "./senders.ts";
import type { World } from "./world.ts";

const boundMs = NATS_BOUND_MS;
/** So that 300 events fill more than one of the files of 8 MiB that a server's copy is made of. */
const LARGE_BYTES = 120_000;
const WHOLE_FILE_BYTES = 4_000_000;
/** A server learns by a heartbeat that others have the last entries too. */
const HEARTBEAT_MS = 1_500;
/** Copies that readers may get before that of one server, which is one of three, must have been among them. */
const MOST_READERS = 40;

export const damageFaults = {
  nats_follower_loses_last_writes: {
    boundMs,
    act: async (world) => loseLastWrites(world, await followerOf(world)),
  },
  nats_leader_loses_last_writes: {
    boundMs,
    act: async (world) => loseLastWrites(world, await world.logLeader()),
  },
  bit_flips_in_the_log: {
    boundMs: null,
    async act(world) {
      const { senders, nodes, cluster } = world;
      const away = await world.followed();
      await away.kill9();
      senders.largestBytes = LARGE_BYTES;
      await senders.acknowledges(300);
      senders.largestBytes = SMALL_BYTES;
      await senders.acknowledges(100);
      await senders.stop();
      const name = await followerOf(world);
      // A server that lacks entries as it starts checks all that it has, and mends it.
      const others = nodes.filter((node) => node !== away);
      for (const { pid } of others) process.kill(pid, "SIGSTOP");
      await world.inStep();
      await Bun.sleep(HEARTBEAT_MS);
      await cluster.nats.stop(name);
      flipBit(
        join(cluster.nats.folderOf(name), "jetstream/WEBHOOKER/streams", namesOf(null).streamOf(0), "msgs"),
      );
      await cluster.nats.start(name);
      await world.inStep();
      for (const { pid } of others) process.kill(pid, "SIGCONT");
      senders.start();
      await expectNoticed(world, name);
      await away.start();
      await senders.acknowledges(300);
      // As the gateways tell their operator to do.
      await cluster.nats.kill(name);
      rmSync(cluster.nats.folderOf(name), { recursive: true });
      await cluster.nats.start(name);
    },
  },
} satisfies Record<string, Fault>;

async function followerOf({ cluster, logLeader }: World): Promise<string> {
  const leader = await logLeader();
  return cluster.nats.names.find((name) => name !== leader) ?? "";
}

/** The server goes on with what it had some hundred acknowledged events before. */
async function loseLastWrites({ cluster: { nats }, senders }: World, name: string): Promise<void> {
  const folder = nats.folderOf(name);
  const earlier = `${folder}.earlier`;
  nats.signal(name, "SIGSTOP");
  cpSync(folder, earlier, { recursive: true });
  nats.signal(name, "SIGCONT");
  await senders.acknowledges(300);
  await nats.kill(name);
  rmSync(folder, { recursive: true });
  renameSync(earlier, folder);
  // Three servers cannot bear the loss of two copies: where this one led, another may lack the last entries for a moment.
  await senders.acknowledges(100);
  await nats.start(name);
  await senders.acknowledges(300);
}

/** In the middle of the last file that is no longer written to. */
function flipBit(folder: string): void {
  const whole = readdirSync(folder)
    .filter((file) => file.endsWith(".blk") && statSync(join(folder, file)).size > WHOLE_FILE_BYTES)
    .toSorted((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10));
  const file = whole.at(-2);
  if (file === undefined) throw new Error("the log is too small");
  const path = join(folder, file);
  const content = readFileSync(path);
  const middle = content.length >> 1;
  content[middle] = (content[middle] ?? 0) ^ 1;
  writeFileSync(path, content);
}

/** Reads the log again and again, until a reader got the damaged copy: it names it, and skips nothing. */
async function expectNoticed({ cluster: { nats } }: World, name: string): Promise<void> {
  const log = await openTestLog(nats.options);
  try {
    for (let readers = 0; readers < MOST_READERS; readers++) {
      const { first, last } = await log.head(0);
      const reading = readInto(log, { after: first - 1 });
      await reading.reaches(last);
      await reading.reader.stop();
      const gap = reading.entries.findIndex(
        ({ position }, n) => n > 0 && position - (reading.entries[n - 1]?.position ?? 0) !== 1,
      );
      if (gap >= 0) throw new Error(`a reader skipped entries before ${reading.entries[gap]?.position}`);
      const [damage] = reading.damage();
      if (damage?.kind === "damaged_copy" && damage.server === name) return;
      if (damage !== undefined) throw new Error(`a reader met ${JSON.stringify(damage)}`);
    }
    throw new Error("no reader noticed the flipped bit");
  } finally {
    await log.close();
  }
}
