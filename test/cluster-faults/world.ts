/** A cluster under load: three gateways, each behind proxies of its own to the three NATS servers, senders, and a sink. */
import { join } from "node:path";
import { streamOf } from "../../src/storage/cluster/nats/names.ts";
import type { ApiClient, WebhookSetup } from "../support/api-client.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import { type FrozenProxy, startFrozenProxy } from "../support/frozen-proxy.ts";
import { type Gateway, makeFolder } from "../support/gateway.ts";
import { connectAdmin } from "../support/nats/nats-admin.ts";
import { mountSmallDisk, unmountSmallDisk } from "../support/small-disk.ts";
import { Senders } from "./senders.ts";
import { type Sink, startSink } from "./sink.ts";

export const NODES = 3;
const WEBHOOKS = 12;
const DISK_MB = 400;

export type World = Readonly<{
  cluster: TestCluster;
  nodes: readonly Gateway[];
  /** Webhooks that are there; a fault may delete some. */
  setups: WebhookSetup[];
  /** Webhooks that are not there any more. */
  deleted: Set<string>;
  /** What the API has acknowledged as made, by table. */
  made: Readonly<Record<"webhooks" | "targets", Set<string>>>;
  senders: Senders;
  sink: Sink;
  /** A client that asks any node that answers. */
  api: (node: Gateway) => ApiClient;
  /** The leader and the other nodes. */
  roles: () => Promise<Readonly<{ leader: Gateway; followers: readonly Gateway[] }>>;
  followed: () => Promise<Gateway>;
  /** The NATS server that leads the log's stream. */
  logLeader: () => Promise<string>;
  proxiesOf: (node: Gateway) => readonly FrozenProxy[];
  end: () => Promise<void>;
}>;

export async function startWorld({ hasSmallDisks }: { hasSmallDisks: boolean }): Promise<World> {
  const proxies: FrozenProxy[][] = [];
  const cluster = await startCluster(0, {
    urlOf({ options }, index) {
      const ports = options.url.split(",").map((server) => Number(server.split(":").at(-1)));
      const own = ports.map((port) => startFrozenProxy({ port }));
      proxies[index] = own;
      return `nats://${own.map(({ url }) => url.replace("http://", "")).join(",")}`;
    },
  });
  const disks: string[] = [];
  for (let n = 0; n < NODES; n++) {
    const folder = makeFolder();
    const data = join(folder, "data");
    if (hasSmallDisks && mountSmallDisk(data, DISK_MB)) disks.push(data);
    await cluster.add(folder);
  }
  const { nodes } = cluster;
  const sink = startSink();
  const setups: WebhookSetup[] = [];
  const first = await cluster.leader();
  const targets = [{ type: "http", config: { url: sink.url } }];
  while (setups.length < WEBHOOKS) setups.push(await cluster.apiAt(first).setUpWebhook(targets));
  const admin = await connectAdmin(cluster.nats);

  async function roles() {
    const leader = await cluster.leader();
    return { leader, followers: nodes.filter((node) => node !== leader) };
  }

  return {
    cluster,
    nodes,
    setups,
    deleted: new Set(),
    made: { webhooks: new Set(), targets: new Set() },
    senders: new Senders(nodes, setups),
    sink,
    api: cluster.apiAt,
    roles,
    async followed() {
      const [follower] = (await roles()).followers;
      if (follower === undefined) throw new Error("nobody follows");
      return follower;
    },
    logLeader: () => admin.leaderOf(streamOf(0)),
    proxiesOf: (node) => proxies[nodes.indexOf(node)] ?? [],
    async end() {
      await admin.close();
      for (const node of nodes) await node.kill9();
      for (const disk of disks) unmountSmallDisk(disk);
      await cluster.end();
      for (const proxy of proxies.flat()) proxy.close();
      await sink.close();
    },
  };
}
