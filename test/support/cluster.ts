/** Runs several gateways as the nodes of one cluster, on three NATS servers of their own. */
import { Database } from "bun:sqlite";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { newUnguessableId } from "../../src/lib/ids.ts";
import { digestTables } from "../../src/storage/reader/file-digest.ts";
import { ApiClient } from "./api-client.ts";
import { type Environment, Gateway, makeFolder } from "./gateway.ts";
import { type NatsServers, type ServersOptions, startNatsServers, variablesOf } from "./nats/nats-servers.ts";
import { until } from "./until.ts";

export type TestCluster = Readonly<{
  nats: NatsServers;
  nodes: readonly Gateway[];
  /** Adds a node with an empty folder, or with this one, and starts it. */
  add: (folder?: string) => Promise<Gateway>;
  nameOf: (node: Gateway) => string;
  /** The API at one node, with a key of the first user. */
  apiAt: (node: Gateway) => ApiClient;
  /** Resolves once the node has all changes that were answered before. */
  hasChanges: (node: Gateway) => Promise<void>;
  /** The node with the latest claim that any node tells of, once there is one. */
  leader: () => Promise<Gateway>;
  /** Rows of a webhook's event file at a node, as digests by table. */
  digest: (node: Gateway, webhookId: string) => ReadonlyMap<string, string>;
  storedIds: (node: Gateway, webhookId: string) => readonly string[];
  /** True if the node has the event files, and false for a spare. */
  keeps: (node: Gateway) => boolean;
  /** Environment of a gateway that is alone and uses a node's folder. */
  aloneIn: (folder: string) => Environment;
  end: () => Promise<void>;
}>;

export type ClusterOptions = Readonly<{
  /** The NATS servers as the node with that index is to reach them. */
  urlOf?: (nats: NatsServers, index: number) => string;
  /** Address of that node, and shell words before its program. */
  placeOf?: (index: number) => Readonly<{ address: string; entry: string }> | null;
  servers?: ServersOptions;
  /** Nodes that keep the event files; by default as many as tests have. */
  copies?: number;
}>;

/** The password of the user `admin`. */
export const CLUSTER_PASSWORD = "correct horse battery staple";

/** As both kinds of nodes tell of a claim. */
const CLAIM = /(?:this|another) node leads the cluster (?:node|leader)=node(\d+) epoch=(\d+)/g;

export async function startCluster(
  count: number,
  { urlOf, placeOf, servers, copies = 3 }: ClusterOptions = {},
): Promise<TestCluster> {
  const nats = await startNatsServers(servers);
  const secretKey = randomBytes(32).toString("base64");
  const nodes: Gateway[] = [];
  let key: Promise<string> | null = null;

  const aloneIn = (folder: string) => ({ SECRET_KEY: secretKey, DATA_DIR: join(folder, "data") });

  async function add(folder = makeFolder()): Promise<Gateway> {
    const port = String(freePort());
    const index = nodes.length;
    const place = placeOf?.(index) ?? null;
    const gateway = new Gateway(folder, {
      ...(place && { before: `exec ${place.entry} "$0" "$@"` }),
      env: {
        ...(place && { HOST: place.address }),
        ...aloneIn(folder),
        PORT: port,
        ADMIN_PASSWORD: CLUSTER_PASSWORD,
        ...variablesOf(nats),
        ...(urlOf && { CLUSTER_URL: urlOf(nats, index) }),
        CLUSTER_COPIES: String(copies),
        CLUSTER_NODE: nameAt(index),
        CLUSTER_ADVERTISE: `http://${place?.address ?? "127.0.0.1"}:${port}`,
      },
    });
    nodes.push(gateway);
    await gateway.start();
    return gateway;
  }

  async function leader(): Promise<Gateway> {
    await Promise.any(nodes.map((node) => node.waitForLog(/node leads the cluster/)));
    const claims = nodes.flatMap(({ log }) => [...log.matchAll(CLAIM)]);
    const [latest] = claims.toSorted((one, other) => Number(other[2]) - Number(one[2]));
    const node = nodes[Number(latest?.[1]) - 1];
    if (node === undefined) throw new Error("a node leads that is not of this cluster");
    return node;
  }

  async function hasChanges(node: Gateway): Promise<void> {
    // It says that an entrypoint is unknown only once it knows all there are.
    const ask = () => fetch(node.entrypointUrl(newUnguessableId()), { method: "POST" });
    while ((await ask()).status !== 404);
  }

  async function createKey(): Promise<string> {
    const first = await leader();
    // The first user is made once the node leads.
    return until(async () => {
      const { code, out } = await first.run(["apikey", "create", "--user", "admin", "--name", "test"]);
      return code === 0 && out.trim();
    });
  }

  function reading<T>(node: Gateway, webhookId: string, read: (db: Database) => T): T {
    return readingFile(node, `events-${webhookId}.db`, read);
  }

  function readingFile<T>(node: Gateway, name: string, read: (db: Database) => T): T {
    const db = new Database(join(node.folder, "data", name), { readonly: true });
    try {
      // A node that is being opened locks its main database for a moment.
      db.run("PRAGMA busy_timeout = 5000");
      return read(db);
    } finally {
      db.close();
    }
  }

  async function end(): Promise<void> {
    for (const node of nodes) await node.remove();
    await nats.end();
  }

  try {
    for (let n = 0; n < count; n++) await add();
  } catch (error) {
    await end();
    throw error;
  }
  return {
    nats,
    nodes,
    add,
    nameOf: (node) => nameAt(nodes.indexOf(node)),
    apiAt(node) {
      return new ApiClient(
        () => node.origin,
        () => (key ??= createKey()),
      );
    },
    hasChanges,
    leader,
    aloneIn,
    digest: (node, webhookId) => reading(node, webhookId, digestTables),
    keeps: (node) =>
      readingFile(
        node,
        "webhooker.db",
        (db) => db.query("SELECT 1 FROM cluster_state WHERE keeps = 1").get() !== null,
      ),
    storedIds: (node, webhookId) =>
      reading(node, webhookId, (db) =>
        db
          .query<{ id: string }, []>("SELECT id FROM events ORDER BY id")
          .all()
          .map(({ id }) => id),
      ),
    end,
  };
}

function nameAt(index: number): string {
  return `node${index + 1}`;
}

/** Kept over restarts, as the other nodes know it. */
function freePort(): number {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = server;
  server.stop(true);
  return port;
}
