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
}>;

async function statusAt(node: Gateway): Promise<Readonly<{ code: number | null; status: Status }>> {
  const { code, out } = await node.run(["cluster", "status", "--json"]);
  return { code, status: JSON.parse(out) };
}

describe("the operator of a cluster", () => {
  natsTest("learns at each node who leads, and that all is well", async () => {
    for (const [index, node] of cluster.nodes.entries()) {
      const { code, status } = await statusAt(node);
      expect(status.node).toBe(`node${index + 1}`);
      expect(status.leader?.node).toBe("node1");
      expect(status.nodes.map((each) => [each.node, each.leads])).toEqual([
        ["node1", true],
        ["node2", false],
        ["node3", false],
      ]);
      expect(code).toBe(0);
    }
  });
});
