/** A cluster under load: three gateways, each behind proxies of its own to the three NATS servers, senders, and a sink. */
import { join } from "node:path";
import { namesOf } from "../../src/storage/cluster/nats/names.ts";
import type { ApiClient, WebhookSetup } from "../support/api-client.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import { type FrozenProxy, startFrozenProxy } from "../support/frozen-proxy.ts";
import { type Gateway, makeFolder } from "../support/gateway.ts";
import { connectAdmin, type NatsAdmin } from "../support/nats/nats-admin.ts";
import { createDisks } from "./machine/disks.ts";
import { gatewayMachine, type Machine, serverMachine } from "./machine/machine.ts";
import type { Need } from "./machine/needs.ts";
import { makeNetwork, type NetworkPlace } from "./machine/networks.ts";
import { BUSY_PACE_MS, Senders } from "./senders.ts";
import { type Sink, startSink } from "./sink.ts";

export const NODES = 3;
const WEBHOOKS = 12;
const STREAM = namesOf(null).streamOf(0);

export type World = Readonly<{
  cluster: TestCluster;
  nodes: readonly Gateway[];
  /** Nodes that are to keep the event files. */
  copies: number;
  /** Webhooks that are there; a fault may delete some. */
  setups: WebhookSetup[];
  /** Webhooks that are not there any more. */
  deleted: Set<string>;
  /** Objects that the API has acknowledged as made, by table. */
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
  /** Resolves once all NATS servers have what that one has. */
  inStep: () => Promise<void>;
  /** Each NATS server's part of the log. */
  logCopies: () => ReturnType<NatsAdmin["copiesOf"]>;
  proxiesOf: (node: Gateway) => readonly FrozenProxy[];
  /** Where a node is that has a network of its own. */
  placeOf: (node: Gateway) => NetworkPlace;
  /** A gateway or NATS server with a disk of its own. */
  machineOf: (of: Gateway | string) => Machine;
  end: () => Promise<void>;
}>;

/** The machine must allow what is needed. */
export async function startWorld({
  need,
  copies = NODES,
  paceMs = BUSY_PACE_MS,
}: {
  need: Need | null;
  /** Nodes that keep the event files. */
  copies?: number;
  /** Between two events of each sender. */
  paceMs?: number;
}): Promise<World> {
  const proxies: FrozenProxy[][] = [];
  const disks = createDisks(need);
  const network = need === "networks" ? makeNetwork(NODES) : null;
  const host = network?.host ?? "127.0.0.1";
  const cluster = await startCluster(0, {
    urlOf({ options }, index) {
      const ports = options.url.split(",").map((server) => Number(server.split(":").at(-1)));
      const own = ports.map((port) => startFrozenProxy({ port, host }));
      proxies[index] = own;
      return `nats://${own.map(({ url }) => url.replace("http://", "")).join(",")}`;
    },
    placeOf: (index) => network?.places[index] ?? null,
    servers: { prepare: disks.addForServer },
    copies,
  });
  for (let n = 0; n < NODES; n++) {
    const folder = makeFolder();
    disks.addForNode(join(folder, "data"));
    await cluster.add(folder);
  }
  const { nodes } = cluster;
  const sink = startSink(host);
  const setups: WebhookSetup[] = [];
  const first = await cluster.leader();
  const targets = [{ type: "http", config: { url: sink.url } }];
  while (setups.length < WEBHOOKS) setups.push(await cluster.apiAt(first).setUpWebhook(targets));
  const admin = await connectAdmin(cluster.nats);

  async function roles() {
    const leader = await cluster.leader();
    return { leader, followers: nodes.filter((node) => node !== leader) };
  }

  function placeOf(node: Gateway): NetworkPlace {
    const place = network?.places[nodes.indexOf(node)];
    if (place === undefined) throw new Error("the node has no network of its own");
    return place;
  }

  return {
    cluster,
    nodes,
    copies,
    setups,
    deleted: new Set(),
    made: { webhooks: new Set(), targets: new Set() },
    senders: new Senders(nodes, setups, paceMs),
    sink,
    api: cluster.apiAt,
    roles,
    async followed() {
      const [follower] = (await roles()).followers;
      if (follower === undefined) throw new Error("nobody follows");
      return follower;
    },
    logLeader: () => admin.leaderOf(STREAM),
    logCopies: () => admin.copiesOf(STREAM),
    inStep: () => admin.inStep(STREAM),
    proxiesOf: (node) => proxies[nodes.indexOf(node)] ?? [],
    placeOf,
    machineOf: (of) =>
      typeof of === "string" ? serverMachine(cluster.nats, of, disks) : gatewayMachine(of, disks),
    async end() {
      await admin.close();
      for (const node of nodes) await node.kill9();
      await Promise.all(cluster.nats.names.map(cluster.nats.kill));
      disks.end();
      await cluster.end();
      network?.end();
      for (const proxy of proxies.flat()) proxy.close();
      await sink.close();
    },
  };
}
