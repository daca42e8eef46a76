/** Writes the files of a cluster's NATS servers, and says what to do with them. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AppError, errorReason } from "../../lib/errors.ts";
import { createNatsKey } from "../../storage/cluster/nats/keys.ts";
import { natsServerFiles } from "../../storage/cluster/nats/server-files.ts";
import type { Io } from "../io.ts";

export type ServerAddress = Readonly<{
  name: string;
  host: string;
  /** Null: the default, 4222. */
  port: number | null;
}>;

type Plan = Readonly<{
  servers: readonly ServerAddress[];
  folder: string;
  /** Room on each server's disk. */
  maxBytes: number;
  tls: boolean;
}>;

const OWNER_ONLY = { files: 0o600, folders: 0o700 };
const ON_SERVERS = "/etc/nats";
const ON_GATEWAYS = "/etc/webhooker";
const STORE = "/data/nats";
const DEFAULT_LOG_BYTES = 10 * 1024 ** 3;

/** Throws AppError conflict for a folder that is not empty. */
export async function initCluster(io: Pick<Io, "out" | "err">, plan: Plan): Promise<void> {
  const { folder } = plan;
  const [gateways, system] = [await createNatsKey(), await createNatsKey()];
  const servers = natsServerFiles({
    servers: plan.servers.map(({ name, host, port }) => ({
      name,
      host,
      storeDir: STORE,
      ...(host.startsWith("[") ? { listen: "[::]" } : {}),
      ...(port === null ? {} : { clientPort: port }),
    })),
    keys: { gateways: gateways.publicKey, system: system.publicKey },
    routePassword: crypto.randomUUID().replaceAll("-", ""),
    maxStorageBytes: plan.maxBytes,
    tls: plan.tls
      ? {
          certificate: `${ON_SERVERS}/server.crt`,
          key: `${ON_SERVERS}/server.key`,
          authority: `${ON_SERVERS}/authority.crt`,
        }
      : null,
  });
  const files = [
    ...servers.map(({ name, text }) => ({ file: `nats-${name}.conf`, text })),
    { file: "gateway.nk", text: `${gateways.seed}\n` },
    { file: "system.nk", text: `${system.seed}\n` },
  ];
  prepare(folder);
  for (const { file, text } of files)
    writeFileSync(join(folder, file), text, { mode: OWNER_ONLY.files, flag: "wx" });
  for (const line of variablesOf(plan)) io.out(line);
  io.err(`Wrote ${files.map(({ file }) => file).join(", ")} to ${folder}.`);
  for (const line of stepsOf(plan)) io.err(line);
}

function prepare(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: OWNER_ONLY.folders });
    if (readdirSync(folder).length === 0) return;
  } catch (cause) {
    const message = `The folder ${folder} cannot be used (${errorReason(cause)}).`;
    throw new AppError({ kind: "unavailable", message, hint: "Name a new or empty folder.", cause });
  }
  throw new AppError({
    kind: "conflict",
    message: `The folder ${folder} is not empty.`,
    hint: "Name a new or empty folder: keys that servers and gateways may use are never overwritten.",
  });
}

function variablesOf({ servers, maxBytes, tls }: Plan): string[] {
  const addresses = servers.map(({ host, port }) => (port === null ? host : `${host}:${port}`));
  // The servers refuse a log that is larger than their room, and need room beside it for their own log of changes.
  const logBytes = Math.floor(maxBytes / 2);
  return [
    "# The same at every gateway:",
    `CLUSTER_URL=${tls ? "tls" : "nats"}://${addresses.join(",")}`,
    `CLUSTER_CREDENTIALS_FILE=${ON_GATEWAYS}/gateway.nk`,
    `CLUSTER_SYSTEM_CREDENTIALS_FILE=${ON_GATEWAYS}/system.nk`,
    ...(tls ? [`CLUSTER_TLS_CA_FILE=${ON_GATEWAYS}/authority.crt`] : []),
    ...(logBytes === DEFAULT_LOG_BYTES ? [] : [`CLUSTER_LOG_MAX_BYTES=${logBytes}`]),
    `SECRET_KEY_FILE=${ON_GATEWAYS}/secret.key`,
    "# Different at each, if its host name is not what the others reach it by:",
    "# CLUSTER_NODE=gateway-1",
    "# CLUSTER_ADVERTISE=http://10.0.0.1:8080",
  ];
}

function stepsOf({ servers, tls }: Plan): string[] {
  const certificates = [
    `   Put its certificate for that host (server.crt, server.key) and the authority's (authority.crt) in ${ON_SERVERS}.`,
  ];
  return [
    "",
    `1. Copy each server's file to its machine, readable for nats-server only. It keeps the log in ${STORE}.`,
    ...(tls ? certificates : []),
    "   Start NATS 2.15 or newer on each:",
    ...servers.map(({ name, host }) => `     ${host}: nats-server -c ${ON_SERVERS}/nats-${name}.conf`),
    `2. Copy gateway.nk and system.nk to ${ON_GATEWAYS} at every gateway, readable for the gateway only.`,
    ...(tls ? ["   Copy authority.crt there too."] : []),
    `3. Put one secret key, the same for all, in ${ON_GATEWAYS}/secret.key: openssl rand -base64 32 > secret.key`,
    "4. Set the variables on standard output at every gateway. Start one, and the others once it is ready.",
    "",
    "`webhooker manual cluster` explains each step.",
  ];
}
