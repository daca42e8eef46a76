/** What operators do with a cluster of three executables: watch it, and take nodes out of it. */
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import type { Gateway } from "../support/gateway.ts";
import { findNatsServer } from "../support/nats/nats-executable.ts";
import { fetchNatsServer, natsTest } from "../support/nats/nats-test.ts";

let cluster: TestCluster;

fetchNatsServer();

beforeAll(async () => {
  if ((await findNatsServer()) === null) return;
  cluster = await startCluster(3);
}, 60_000);

afterAll(() => cluster?.end());

type Status = Readonly<{
  node: string;
  leader: Readonly<{ node: string; epoch: number }> | null;
  nodes: readonly Readonly<{ node: string; leads: boolean; draining: boolean }>[];
  /** Exit code of the command that printed it. */
  code?: number | null;
}>;

/** Resolves once the node tells of a cluster like that: beats take a moment. */
async function sees(node: Gateway, isMeant: (status: Status) => boolean): Promise<Status> {
  for (;;) {
    const { code, out } = await node.run(["cluster", "status", "--json"]);
    // While it opens its files anew it does not listen.
    if (out === "") continue;
    const status: Status = JSON.parse(out);
    if (isMeant(status)) return { ...status, code };
  }
}

describe("the operator of a cluster", () => {
  natsTest("learns at each node who leads, and that all is well", async () => {
    for (const [index, node] of cluster.nodes.entries()) {
      const status = await sees(node, ({ nodes }) => nodes.length === 3);
      expect(status.node).toBe(`node${index + 1}`);
      expect(status.leader?.node).toBe("node1");
      expect(status.nodes.map((each) => [each.node, each.leads])).toEqual([
        ["node1", true],
        ["node2", false],
        ["node3", false],
      ]);
      expect(status.code).toBe(0);
    }
  });
});
