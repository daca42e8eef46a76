/**
 * Writes the configuration files of the NATS servers that keep the log.
 *
 * Gateways and the check of the servers' settings sign in with NKeys, so that the files hold no secret of theirs; the
 * only secret in them is the password of the routes between the servers.
 */

export type NatsServerPlace = Readonly<{
  /** Letters, digits, `-` and `_`. */
  name: string;
  /** Host name or address by which the other servers reach this one. */
  host: string;
  /** Address to listen on; all of the machine's by default. */
  listen?: string;
  clientPort?: number;
  routePort?: number;
  /** Folder on a disk of the server's own; `/data/nats` by default. */
  storeDir?: string;
}>;

export type NatsServerPlan = Readonly<{
  /** At least three, each on a machine of its own; an odd number. */
  servers: readonly NatsServerPlace[];
  /** Public keys (`U…`) of the gateways' user and of the one that asks the servers for their settings. */
  keys: Readonly<{ gateways: string; system: string }>;
  /** Letters and digits. */
  routePassword: string;
  /** Most that the log may take on each server's disk, in bytes; the log's own limit must be smaller. */
  maxStorageBytes: number;
  /** Paths on the servers; null writes what to fill in as a comment. */
  tls: Readonly<{ certificate: string; key: string; authority: string }> | null;
}>;

const NAME = /^[\w-]{1,64}$/;
const HOST = /^[\w.:[\]-]{1,255}$/;
const PASSWORD = /^[A-Za-z0-9]{16,128}$/;
const PUBLIC_KEY = /^U[A-Z2-7]{55}$/;

const MIN_SERVERS = 3;

/** Returns the text of each server's file. Throws RangeError for a plan that no cluster can be made of. */
export function natsServerFiles(plan: NatsServerPlan): readonly Readonly<{ name: string; text: string }>[] {
  check(plan);
  return plan.servers.map((server) => ({ name: server.name, text: textOf(server, plan) }));
}

function check({ servers, keys, routePassword, maxStorageBytes }: NatsServerPlan): void {
  if (servers.length < MIN_SERVERS || servers.length % 2 === 0) {
    throw new RangeError(
      `An odd number of at least ${MIN_SERVERS} servers is needed, not ${servers.length}.`,
    );
  }
  const names = servers.map(({ name }) => name);
  if (new Set(names).size < names.length) throw new RangeError("Each server needs a name of its own.");
  const oddName = names.find((name) => !NAME.test(name));
  if (oddName !== undefined) throw new RangeError(`${JSON.stringify(oddName)} is no name of a server.`);
  const oddHost = servers
    .flatMap(({ host, listen }) => [host, listen ?? host])
    .find((host) => !HOST.test(host));
  if (oddHost !== undefined) throw new RangeError(`${JSON.stringify(oddHost)} is no host.`);
  if (!PASSWORD.test(routePassword))
    throw new RangeError("The routes' password needs 16 to 128 letters and digits.");
  if (!PUBLIC_KEY.test(keys.gateways) || !PUBLIC_KEY.test(keys.system)) {
    throw new RangeError("A public key of a NATS user begins with U and has 56 characters.");
  }
  if (!Number.isSafeInteger(maxStorageBytes) || maxStorageBytes < 1) {
    throw new RangeError("The space on disk is a number of bytes.");
  }
}

function textOf(
  server: NatsServerPlace,
  { servers, keys, routePassword, maxStorageBytes, tls }: NatsServerPlan,
): string {
  const { name, listen = "0.0.0.0", clientPort = 4222, routePort = 6222, storeDir = "/data/nats" } = server;
  const routes = servers
    .filter((other) => other !== server)
    .map(({ host, routePort: port = 6222 }) => `    "nats://routes:${routePassword}@${host}:${port}"`);
  return `# ${name}: one of ${servers.length} NATS servers (2.15 or newer) that keep webhooker's log.
# Readable for the server only: it contains the password of the routes.
server_name: ${quoted(name)}
listen: ${quoted(`${listen}:${clientPort}`)}

jetstream {
  store_dir: ${quoted(storeDir)}
  max_file_store: ${maxStorageBytes}
  # Events are acknowledged once a majority of the servers has them on disk. The default syncs every two minutes:
  # a power cut then takes acknowledged events with it, and webhooker refuses to start.
  sync_interval: always
}
max_payload: 8MB

# Gateways live in an account of their own. The system account lets them ask each server for its settings.
accounts {
  WEBHOOKER {
    jetstream: enabled
    users: [ { nkey: ${quoted(keys.gateways)} } ]
  }
  SYS { users: [ { nkey: ${quoted(keys.system)} } ] }
}
system_account: SYS

cluster {
  name: webhooker
  listen: ${quoted(`${listen}:${routePort}`)}
  authorization { user: routes, password: ${quoted(routePassword)}, timeout: 5 }
  routes: [
${routes.join("\n")}
  ]
${tlsBlock(tls, "  ")}
}

${tlsBlock(tls, "")}
`;
}

/** The routes' block also proves each server to the others by its certificate. */
function tlsBlock(tls: NatsServerPlan["tls"], indent: string): string {
  const lines = [
    "tls {",
    `  cert_file: ${quoted(tls?.certificate ?? "/etc/nats/server.crt")}`,
    `  key_file: ${quoted(tls?.key ?? "/etc/nats/server.key")}`,
    `  ca_file: ${quoted(tls?.authority ?? "/etc/nats/authority.crt")}`,
    ...(indent === "" ? ["  # Add `verify: true` to ask gateways for certificates too."] : []),
    "  timeout: 5",
    "}",
  ];
  const hint = indent === "" ? "tls:// in CLUSTER_URL" : "the routes between the servers";
  const text = tls === null ? [`# Fill in for ${hint}:`, ...lines.map((line) => `# ${line}`)] : lines;
  return text.map((line) => `${indent}${line}`).join("\n");
}

/** The file's strings have the escapes of JSON's, as far as these texts need any. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
