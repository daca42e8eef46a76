import { afterEach, describe, expect, test } from "bun:test";
import { Command } from "commander";
import { ExitWith } from "../../../src/cli/client/remote-error.ts";
import { addClusterCommands } from "../../../src/cli/cluster/cluster-commands.ts";
import { loadConfig } from "../../../src/config.ts";
import type { ClusterStatus, NodeStatus } from "../../../src/http/cluster/cluster-status.ts";
import { createNodeSignatures } from "../../../src/http/cluster/node-signature.ts";
import { createKeyRing } from "../../../src/lib/crypto.ts";
import { createFakeClock } from "../../support/fake-clock.ts";

const KEY = new Uint8Array(32).fill(1);
const clock = createFakeClock();
const signatures = createNodeSignatures({ key: createKeyRing(KEY).nodeKey, node: "x", clock });

let server: Bun.Server<undefined> | null = null;

afterEach(async () => {
  await server?.stop(true);
  server = null;
});

function serve(answer: (request: Request) => Response): number {
  server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: answer });
  return server.port ?? 0;
}

const CLUSTER = {
  CLUSTER_URL: "nats://n1,n2,n3",
  CLUSTER_SYSTEM_CREDENTIALS: "user:password",
  CLUSTER_NODE: "a",
  CLUSTER_ADVERTISE: "http://10.0.0.1:8080",
};

async function run(port: number, args: readonly string[], environment: Record<string, string> = CLUSTER) {
  const out: string[] = [];
  const program = new Command().exitOverride();
  addClusterCommands(program, {
    out: (line) => out.push(line),
    err: () => undefined,
    loadConfig: () =>
      loadConfig({ ...environment, SECRET_KEY: Buffer.from(KEY).toString("base64"), PORT: String(port) }),
    clock,
  });
  const exit = await program.parseAsync(["cluster", ...args], { from: "user" }).then(
    () => null,
    (error: unknown) => error,
  );
  return { out, exit };
}

function nodeOf(node: string, more: Partial<NodeStatus> = {}): NodeStatus {
  const place = { url: `http://${node}:8080`, version: "1.0.0", heard_ms_ago: 120 };
  const state = { leads: false, draining: false, needs_upgrade: false, files: "all" } as const;
  return { node, ...place, ...state, applied: 12, synced: 10, lag: 0, ...more };
}

const STATUS: ClusterStatus = {
  node: "a",
  leader: { node: "b", epoch: 4 },
  nodes: [nodeOf("a"), nodeOf("b", { leads: true })],
  copies: { wanted: 2, heard: 2, keepers: ["a", "b"] },
  log: { first: 1, last: 12, bytes: 1024 ** 2, max_bytes: 10 * 1024 ** 2 },
};

describe("webhooker cluster status", () => {
  test("asks the gateway here with a signed request, and prints a table", async () => {
    const callers: unknown[] = [];
    const port = serve((request) => {
      callers.push(signatures.verify(request));
      return Response.json(STATUS);
    });
    const { out, exit } = await run(port, ["status"]);
    expect(exit).toBeNull();
    expect(callers).toEqual([{ node: "a", client: null }]);
    expect(out).toEqual([
      "Leader: b, epoch 4",
      "Log: entries 1 to 12, 1.0 MiB of at most 10.0 MiB",
      "Event files: at 2 of 2 nodes",
      "",
      "NODE  ROLE     FILES  APPLIED  LAG  SYNCED  HEARD      VERSION  URL",
      "a     follows  all    12       0    10      0.1 s ago  1.0.0    http://a:8080",
      "b     leads    all    12       0    10      0.1 s ago  1.0.0    http://b:8080",
    ]);
  });

  test("exits with 1 and says why when something is not well", async () => {
    const port = serve(() => Response.json({ ...STATUS, leader: null, log: null }));
    const { out, exit } = await run(port, ["status"]);
    expect(exit).toBeInstanceOf(ExitWith);
    expect(out.slice(-3)).toEqual(["", "No node leads.", "The servers of the log do not answer."]);
  });

  test("reads what a gateway of an earlier version tells, which does not know of upgrades", async () => {
    const { needs_upgrade: _, files: _files, ...before } = nodeOf("b", { leads: true });
    const { copies: _copies, ...earlier } = STATUS;
    const port = serve(() =>
      Response.json({ ...earlier, nodes: [nodeOf("a", { needs_upgrade: true }), before] }),
    );
    const { out, exit } = await run(port, ["status"]);
    expect(exit).toBeInstanceOf(ExitWith);
    expect(out.slice(5, 7)).toEqual([
      expect.stringMatching(/^a +outdated /),
      expect.stringMatching(/^b +leads /),
    ]);
    expect(out.at(-1)).toBe(
      "Node a applies nothing more: the log has entries that version 1.0.0 does not know. Upgrade it.",
    );
  });

  test("prints one line of JSON for programs, with the same exit code", async () => {
    const sick = { ...STATUS, nodes: [nodeOf("a", { leads: true })] };
    const port = serve(() => Response.json(sick));
    const { out, exit } = await run(port, ["status", "--json"]);
    expect(out.map((line) => JSON.parse(line))).toEqual([sick]);
    expect(exit).toBeInstanceOf(ExitWith);
  });

  test("tells that no gateway responds, what the gateway says, and that there is no cluster", async () => {
    const error = { code: "node_not_verified", message: "The signature is not valid.", hint: "Same key." };
    const port = serve(() => Response.json({ error }, { status: 403 }));
    expect((await run(port, ["status"])).exit).toMatchObject({ message: error.message, hint: error.hint });
    await server?.stop(true);
    expect((await run(port, ["status"])).exit).toMatchObject({ kind: "unavailable" });
    expect((await run(port, ["status"], {})).exit).toMatchObject({ code: "no_cluster" });
  });
});

describe("webhooker cluster compare", () => {
  const equal = (node: string) => ({ node, differs: [], fault: null });
  const webhook = { id: "w1", name: "Shop\u001b[2J" };

  /** Answers what the leader finds, one database after the other. */
  function comparing(...answers: readonly unknown[]): number {
    const left = answers.values();
    return serve(() => Response.json(left.next().value ?? null));
  }

  test("asks for one database after the other, and says where they are equal", async () => {
    const asked: string[] = [];
    const answers = [
      { webhook: null, leader: "b", others: [equal("a"), equal("c")] },
      { webhook, leader: "b", others: [equal("a")] },
    ].values();
    const port = serve((request) => {
      const { pathname, search } = new URL(request.url);
      asked.push(`${request.method} ${pathname}${search}`);
      return Response.json(answers.next().value ?? null);
    });
    expect(await run(port, ["compare"])).toEqual({
      out: ["The main database is equal at a, b, c.", "The event files of 1 webhook are equal at a, b."],
      exit: null,
    });
    expect(asked).toEqual([
      "POST /cluster/v1/compare/main",
      "POST /cluster/v1/compare/next?after=",
      "POST /cluster/v1/compare/next?after=w1",
    ]);
  });

  test("fails with a line for each copy that differs or was not compared", async () => {
    const differing = { node: "a", differs: ["events", "deliveries"], fault: null };
    const port = comparing(
      { webhook: null, leader: "b", others: [{ node: "a", differs: [], fault: "It fell silent." }] },
      { webhook, leader: "b", others: [differing, equal("c")] },
    );
    const { out, exit } = await run(port, ["compare"]);
    expect(out).toEqual([
      "main database: not compared at a. It fell silent.",
      "webhook Shop?[2J (w1): a differs from b, which leads, in events, deliveries",
    ]);
    expect(exit).toMatchObject({ kind: "unavailable", code: "copies_differ" });
  });

  test("fails where there is nothing to compare with", async () => {
    const port = comparing({ webhook: null, leader: "b", others: [] }, { webhook, leader: "b", others: [] });
    const { out, exit } = await run(port, ["compare"]);
    expect([out, exit]).toEqual([[], expect.objectContaining({ code: "no_copy" })]);
  });
});
