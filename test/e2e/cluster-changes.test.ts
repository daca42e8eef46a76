/** A change that the leader has answered holds at every node at once: no follower refuses an event by what was before. */
import { afterAll, beforeAll, expect } from "bun:test";
import { entrypointSchema } from "../../src/api/schemas.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import type { Gateway } from "../support/gateway.ts";
import { findNatsServer } from "../support/nats/nats-executable.ts";
import { fetchNatsServer, natsTest } from "../support/nats/nats-test.ts";

const ROUNDS = 50;

let cluster: TestCluster;
let leader: Gateway;
/** One keeps the event files, and one is a spare. */
let followers: readonly Gateway[];
let webhookId: string;

fetchNatsServer();

beforeAll(async () => {
  if ((await findNatsServer()) === null) return;
  cluster = await startCluster(1, { copies: 2 });
  await cluster.add();
  await cluster.add();
  leader = await cluster.leader();
  followers = cluster.nodes.filter((node) => node !== leader);
  ({ webhookId } = await cluster.apiAt(leader).setUpWebhook());
}, 60_000);

afterAll(() => cluster?.end());

async function change(method: string, path: string, body: unknown): Promise<unknown> {
  const response = await cluster.apiAt(leader).request(method, `/webhooks/${webhookId}${path}`, body);
  expect(response.ok).toBeTrue();
  return response.json();
}

async function createEntrypoint(settings: Readonly<Record<string, unknown>> = {}): Promise<string> {
  return entrypointSchema.parse(await change("POST", "/entrypoints", settings)).id;
}

/** Resolves with the statuses that the followers answer. */
function sendToFollowers(entrypointId: string, headers: Record<string, string> = {}): Promise<number[]> {
  return Promise.all(
    followers.map(async (node) => {
      const response = await fetch(node.entrypointUrl(entrypointId), { method: "POST", headers, body: "x" });
      return response.status;
    }),
  );
}

natsTest("an entrypoint that was just made takes events at every node", async () => {
  for (let n = 0; n < ROUNDS; n++) {
    const entrypointId = await createEntrypoint();
    expect(await sendToFollowers(entrypointId)).toEqual([200, 200]);
  }
});

natsTest("a secret that was just rotated verifies events at every node", async () => {
  const entrypointId = await createEntrypoint();
  for (let n = 0; n < ROUNDS; n++) {
    const secret = `secret-${n}`;
    await change("PATCH", `/entrypoints/${entrypointId}`, {
      verification: { type: "bearer", config: { secret } },
    });
    expect(await sendToFollowers(entrypointId, { authorization: `Bearer ${secret}` })).toEqual([200, 200]);
  }
});

natsTest("an entrypoint that was just enabled takes events at every node", async () => {
  const entrypointId = await createEntrypoint();
  for (let n = 0; n < ROUNDS; n++) {
    await change("PATCH", `/entrypoints/${entrypointId}`, { active: false });
    await change("PATCH", `/entrypoints/${entrypointId}`, { active: true });
    expect(await sendToFollowers(entrypointId)).toEqual([200, 200]);
  }
});

natsTest(
  "a follower says that an entrypoint is unknown, or that it cannot know while the log is gone",
  async () => {
    const [follower] = followers;
    const send = async (to: Gateway | undefined) => {
      const response = await fetch(to?.entrypointUrl(crypto.randomUUID()) ?? "", {
        method: "POST",
        body: "x",
      });
      return [response.status, response.headers.has("retry-after")];
    };
    expect(await send(follower)).toEqual([404, false]);
    expect(await send(leader)).toEqual([404, false]);
    await Promise.all(cluster.nats.names.map(cluster.nats.kill));
    expect(await send(follower)).toEqual([503, true]);
  },
);
