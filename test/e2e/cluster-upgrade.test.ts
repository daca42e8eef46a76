/** Three executables under load are upgraded one at a time, and versions one apart work together meanwhile. */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { prove } from "../cluster-faults/proof.ts";
import { CALM_PACE_MS } from "../cluster-faults/senders.ts";
import { startWorld, type World } from "../cluster-faults/world.ts";
import type { Gateway } from "../support/gateway.ts";
import { findNatsServer } from "../support/nats/nats-executable.ts";
import { fetchNatsServer, natsTest } from "../support/nats/nats-test.ts";
import { buildNextVersion, NEXT_VERSION, type NextVersion, TAGS } from "../support/next-version.ts";
import { until } from "../support/until.ts";

const SETTLE_MS = 20_000;

let world: World;
let next: NextVersion;
/** The second leads when all run the version of these sources. */
let [one, two, three]: Gateway[] = [];
const madeByNext: string[] = [];

fetchNatsServer();

beforeAll(async () => {
  if ((await findNatsServer()) === null) return;
  next = await buildNextVersion();
  world = await startWorld({ need: null, paceMs: CALM_PACE_MS });
  const { leader, followers } = await world.roles();
  [one, two, three] = [followers[0], leader, followers[1]];
  world.senders.start();
}, 180_000);

afterAll(async () => {
  await world?.senders.stop();
  await world?.end();
  next?.remove();
});

function the(gateway: Gateway | undefined): Gateway {
  if (gateway === undefined) throw new Error("the cluster has not started");
  return gateway;
}

const nameOf = (node: Gateway) => world.cluster.nameOf(node);

async function upgrade(node: Gateway, end: "stop" | "kill9" = "stop"): Promise<void> {
  await node[end]();
  node.executable = next.executable;
  await node.start();
}

/** Lets all others stand aside, so that this one leads. */
async function lead(node: Gateway): Promise<void> {
  for (const other of world.nodes.filter((each) => each !== node)) await other.run(["cluster", "drain"]);
  expect((await statusAt(node)).leader?.node).toBe(nameOf(node));
  for (const other of world.nodes.filter((each) => each !== node)) await other.run(["cluster", "undrain"]);
}

type Status = Readonly<{
  leader: Readonly<{ node: string }> | null;
  nodes: readonly Readonly<{ node: string; version: string; needs_upgrade: boolean }>[];
}>;

async function statusAt(node: Gateway): Promise<Status> {
  return JSON.parse((await node.run(["cluster", "status", "--json"])).out);
}

/** Changes the configuration at that node; `prove` looks for it at all nodes. */
async function makeTarget(at: Gateway): Promise<string> {
  const [setup] = world.setups;
  const body = { name: `log ${Bun.randomUUIDv7()}`, type: "log", config: {} };
  const response = await world.api(at).request("POST", `/webhooks/${setup?.webhookId}/targets`, body);
  expect(response.status).toBe(201);
  const { id } = (await response.json()) as { id: string };
  world.made.targets.add(id);
  return id;
}

/** Resolves with the answer to a replay of the oldest event, which all nodes have. */
async function replayFirst(
  at: Gateway,
): Promise<Readonly<{ eventId: string; webhookId: string; answer: Response }>> {
  const [first] = world.senders.acknowledged;
  if (first === undefined) throw new Error("nothing was acknowledged");
  const { eventId, webhookId } = first;
  const answer = await world.api(at).request("POST", `/webhooks/${webhookId}/events/${eventId}/replay`, {});
  return { eventId, webhookId, answer };
}

function rowsAt<Row>(node: Gateway, file: string, sql: string): readonly Row[] {
  const db = new Database(join(node.folder, "data", file), { readonly: true });
  try {
    return db.query<Row, []>(sql).all();
  } finally {
    db.close();
  }
}

describe("versions one apart", () => {
  natsTest("work together while a node of the later one follows, and it can go back", async () => {
    const [later, leader] = [the(one), the(two)];
    await upgrade(later);
    await makeTarget(later);
    await world.senders.acknowledges(100);
    const { nodes } = await statusAt(leader);
    expect(nodes.filter(({ version }) => version.startsWith(NEXT_VERSION))).toHaveLength(1);
    expect(nodes.filter(({ needs_upgrade: isOutdated }) => isOutdated)).toEqual([]);
    await later.stop();
    later.executable = null;
    const refused = await later.run(["serve"]);
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("with an empty data folder")]);
    rmSync(join(later.folder, "data"), { recursive: true });
    await later.start();
    await makeTarget(later);
    await upgrade(later);
  });

  natsTest("work together while a node of the later one leads", async () => {
    const later = the(one);
    await lead(later);
    for (const node of world.nodes) madeByNext.push(await makeTarget(node));
    const { answer } = await replayFirst(the(two));
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining("nodes_to_upgrade")]);
    await world.senders.acknowledges(100);
    // It has kept what it has no columns for, and needs nobody for that.
    await lead(the(three));
    await makeTarget(later);
    await lead(later);
    // A node without files takes none of a version that it does not know.
    const earlier = the(two);
    await earlier.stop();
    rmSync(join(earlier.folder, "data"), { recursive: true });
    const refused = await earlier.run(["serve"]);
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("upgrade this node first")]);
    await upgrade(earlier);
    await makeTarget(earlier);
  });

  natsTest("leave one that was away as it is where it cannot follow, until it is upgraded", async () => {
    const earlier = the(three);
    await earlier.stop();
    // Those that know of it would wait for it.
    for (const node of [the(one), the(two)]) await node.restart();
    let answer: Response;
    let replayed: Readonly<{ eventId: string; webhookId: string }>;
    do ({ answer, ...replayed } = await replayFirst(the(one)));
    while (answer.status !== 202);
    await earlier.start();
    await earlier.waitForLog(/entries of a later version.*upgrade this node/);
    const ready = await fetch(`${earlier.origin}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining("upgrade this node")]);
    // The others learn it by its next beat.
    const shown = await until(
      async () => {
        const { code, out } = await the(one).run(["cluster", "status"]);
        return out.includes("outdated") && [code, out];
      },
      { breakMs: 100 },
    );
    expect(shown).toEqual([
      1,
      expect.stringMatching(new RegExp(`${nameOf(earlier)} +outdated .*Upgrade it\\.`, "s")),
    ]);
    await world.senders.acknowledges(100);
    await upgrade(earlier, "kill9");
    await world.senders.acknowledges(100);
    await world.senders.stop();
    expect((await prove(world, SETTLE_MS)).faults).toEqual([]);
    for (const node of world.nodes) {
      const made = rowsAt<{ id: string }>(node, "webhooker.db", "SELECT id FROM targets WHERE note = 'next'");
      expect(madeByNext.filter((id) => !made.some((each) => each.id === id))).toEqual([]);
      const notes = rowsAt(node, "webhooker.db", "SELECT * FROM target_notes");
      expect(notes.length).toBeGreaterThanOrEqual(madeByNext.length);
      const tags = rowsAt<{ id: string; tag: string | null }>(
        node,
        `events-${replayed.webhookId}.db`,
        "SELECT id, tag FROM events",
      );
      expect(tags.find(({ id }) => id === replayed.eventId)?.tag).toBe(TAGS.replayed);
      expect(tags.some(({ tag }) => tag === TAGS.appended)).toBeTrue();
    }
  });
});
