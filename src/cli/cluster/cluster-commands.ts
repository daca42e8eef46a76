/** `webhooker cluster`: makes the files of the servers that keep a cluster's log, and tells how the cluster is. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { findClusterFaults } from "../../http/cluster/cluster-status.ts";
import { EXIT, ExitWith } from "../client/remote-error.ts";
import type { Io } from "../io.ts";
import { adoptData } from "./adopt-data.ts";
import { askStatus } from "./ask-node.ts";
import { initCluster, type ServerAddress } from "./cluster-init.ts";
import { compareCopies } from "./compare-copies.ts";
import { drainNode, undrainNode } from "./drain-node.ts";
import { forgetNode } from "./forget-node.ts";
import { leaveCluster } from "./leave-cluster.ts";
import { statusLines } from "./status-lines.ts";

const GIB = 1024 ** 3;
/** Half of it is the log's, whose own limit is at least 64 MiB. */
const MIN_BYTES = 128 * 1024 ** 2;
const UNITS = { "": 1, mib: 1024 ** 2, gib: GIB, tib: 1024 ** 4 } as const;
const COUNTS = new Set([3, 5]);

const HELP = `
Each server belongs on a machine and a disk of its own. Variables for the gateways go to standard output, as a file of
variables; what to do next goes to standard error. The chapter \`webhooker manual cluster\` explains each step.

Example:
  webhooker cluster init --server n1=10.0.0.1 --server n2=10.0.0.2 --server n3=10.0.0.3 --out cluster > cluster.env`;

type Options = Readonly<{
  server: readonly ServerAddress[];
  out: string;
  maxBytes: number;
  tls?: true;
}>;

type ClusterIo = Pick<Io, "out" | "err" | "loadConfig" | "clock">;

export function addClusterCommands(program: Command, io: ClusterIo): void {
  const cluster = program
    .command("cluster")
    .helpCommand(false)
    .description("set up, watch and maintain a cluster");
  addInit(cluster, io, (fault) => program.error(`error: ${fault}`));
  cluster
    .command("status")
    .description("print what the gateway here knows of its cluster; exit 1 if something is not well")
    .option("--json", "print JSON")
    .action(async ({ json }: { json?: true }) => {
      const status = await askStatus({ config: io.loadConfig(), clock: io.clock });
      for (const line of json ? [JSON.stringify(status)] : statusLines(status)) io.out(line);
      if (findClusterFaults(status).length > 0) throw new ExitWith(EXIT.failed);
    });
  cluster
    .command("compare")
    .description("look whether all nodes have the same in their databases; exit 1 if they differ")
    .action(() => compareCopies(io, { config: io.loadConfig(), clock: io.clock }));
  cluster
    .command("drain")
    .description("let another node lead; the gateway here does not until `undrain` or a restart")
    .action(() => drainNode(io, { config: io.loadConfig(), clock: io.clock }));
  cluster
    .command("undrain")
    .description("end `drain`: the gateway here may lead again")
    .action(() => undrainNode(io, { config: io.loadConfig(), clock: io.clock }));
  cluster
    .command("forget")
    .description("replace a node that is gone for good: nothing waits for it, and a spare takes its place")
    .argument("<node>", "its name, as `cluster status` prints it")
    .action((node: string) => forgetNode(io, { config: io.loadConfig(), clock: io.clock, node }));
  cluster
    .command("adopt")
    .description("found the cluster with the data of the gateway here; stop the gateway first")
    .action(() => adoptData(io));
  cluster
    .command("leave")
    .description("make the data here that of a gateway alone; stop the gateway first")
    .option("--yes", "do it without asking")
    .action(({ yes }: { yes?: true }) => leaveCluster(io, { isConfirmed: yes === true }));
}

function addInit(cluster: Command, io: Pick<Io, "out" | "err">, refuse: (fault: string) => never): void {
  cluster
    .command("init")
    .description("write the configuration and keys of three or five NATS servers into an empty folder")
    .requiredOption(
      "--server <name=host[:port]>",
      "a NATS server, as gateways and other servers reach it; repeat it for each",
      addServer,
    )
    .requiredOption("--out <folder>", "new or empty folder")
    .addOption(
      new Option("--max-bytes <size>", "room on each server's disk; the log takes half")
        .argParser(readSize)
        .default(20 * GIB, "20GiB"),
    )
    .option("--tls", "encrypt connections; you provide the certificates")
    .addHelpText("after", HELP)
    .action((options: Options) => {
      const { server: servers, out, maxBytes, tls = false } = options;
      const fault = faultOf(servers);
      if (fault !== null) return refuse(fault);
      return initCluster(io, { servers, folder: out, maxBytes, tls });
    });
}

const SERVER = /^([\w-]{1,64})=(\[[\da-f:.]+\]|[\w.-]{1,255})(?::(\d{1,5}))?$/i;

function addServer(text: string, before: readonly ServerAddress[] = []): readonly ServerAddress[] {
  const [, name, host, port] = SERVER.exec(text) ?? [];
  if (name === undefined || host === undefined || Number(port ?? 1) < 1 || Number(port ?? 1) > 65_535)
    throw new InvalidArgumentError("Use NAME=HOST or NAME=HOST:PORT, such as n1=10.0.0.1.");
  return [...before, { name, host, port: port === undefined ? null : Number(port) }];
}

function readSize(text: string): number {
  const [, number = "", unit = ""] = /^(\d{1,15})(|mib|gib|tib)$/i.exec(text) ?? [];
  const factor = Object.entries(UNITS).find(([name]) => name === unit.toLowerCase())?.[1] ?? 1;
  const bytes = Number(number) * factor;
  if (number !== "" && bytes >= MIN_BYTES && Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidArgumentError("Use bytes, MiB, GiB or TiB, such as 20GiB, and at least 128MiB.");
}

function faultOf(servers: readonly ServerAddress[]): string | null {
  if (!COUNTS.has(servers.length))
    return `three or five servers are needed, not ${servers.length}: give --server for each`;
  const names = new Set(servers.map(({ name }) => name.toLowerCase()));
  if (names.size < servers.length) return "each server needs a name of its own";
  const hosts = new Set(servers.map(({ host }) => host.toLowerCase()));
  return hosts.size < servers.length ? "each server needs a machine of its own: hosts are named twice" : null;
}
