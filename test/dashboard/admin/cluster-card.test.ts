import { afterEach, describe, expect, test } from "bun:test";
import type { ClusterStatus } from "../../../src/http/cluster/cluster-status.ts";
import { startTestDashboard, type TestDashboard } from "../../support/test-dashboard.ts";

let dashboard: TestDashboard;

afterEach(() => dashboard.stop());

const NODE = {
  version: "1.0.0",
  heard_ms_ago: 100,
  leads: false,
  draining: false,
  needs_upgrade: false,
  files: "all",
  synced: 11_000,
  lag: 0,
} as const;
const STATUS: ClusterStatus = {
  node: "<a>",
  leader: { node: "<a>", epoch: 7 },
  nodes: [
    { ...NODE, node: "<a>", url: "http://a:8080", applied: 12_345, leads: true },
    { ...NODE, node: "b", url: "http://b:8080", applied: 345, lag: 12_000, draining: true },
  ],
  copies: { wanted: 2, heard: 2, keepers: ["<a>", "b"] },
  log: { first: 1, last: 12_345, bytes: 2_048, max_bytes: 4_096 },
};

async function serverPage(status: ClusterStatus | null): Promise<string> {
  dashboard = await startTestDashboard(
    {},
    { dashboard: (own) => ({ ...own, clusterStatus: status && (async () => status) }) },
  );
  const cookie = await dashboard.signIn("root");
  return (await dashboard.ask("/admin/server", { cookie })).text();
}

describe("the server page", () => {
  test("shows the nodes of a cluster, the log, and what is not well", async () => {
    const page = await serverPage(STATUS);
    const shown = [
      "&lt;a&gt;, epoch 7",
      "http://b:8080",
      "12,345",
      "drained",
      "leads",
      "2 KB of at most 4 KB",
    ];
    for (const text of [...shown, "Node b lags 12,000 entries behind."]) expect(page).toContain(text);
    expect(page).not.toContain("<a>,");
  });

  test("says nothing of a cluster where the gateway is alone", async () => {
    expect(await serverPage(null)).not.toContain("<h2>Cluster</h2>");
  });
});
