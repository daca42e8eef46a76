import { describe, expect, test } from "bun:test";
import alerts from "../../src/cli/observability/alerts.yaml" with { type: "text" };
import dashboard from "../../src/cli/observability/grafana-dashboard.json";
import { findChapter } from "../../src/manual/chapters.ts";
import { ClusterCounts } from "../../src/observability/cluster-metrics.ts";
import { Counts } from "../../src/observability/counts.ts";
import { createScrape, type MetricsSources } from "../../src/observability/metrics-registry.ts";
import { createClusterSources } from "../../src/server/cluster/metrics-sources.ts";
import type { LogHead } from "../../src/storage/cluster/event-log.ts";
import type { HeardNode } from "../../src/storage/cluster/leadership.ts";
import { createFakeClock } from "../support/fake-clock.ts";

const clock = createFakeClock();
const HEAD: LogHead = { first: 1, last: 500, bytes: 1_000, maxBytes: 5_000, born: "b" };

function member(applied: number, nodes: readonly HeardNode[] = []) {
  let asked = 0;
  return {
    counts: new ClusterCounts(),
    mayLead: () => true,
    epoch: () => 4,
    applied: () => applied,
    nodes: () => nodes,
    async head() {
      asked++;
      return HEAD;
    },
    copies: 2,
    asked: () => asked,
  };
}

function heard(node: string, applied: number, agoMs: number): HeardNode {
  const state = { leads: null, isDraining: false, format: 1, needsUpgrade: false };
  const files = { files: "all", copies: 2, room: 0 } as const;
  const beat = { url: "", version: "", applied, synced: 0, ...state, ...files };
  return { node, at: clock.monotonic() - agoMs, beat };
}

async function scrape(cluster: MetricsSources["cluster"]): Promise<string> {
  const read = createScrape({
    counts: new Counts(),
    now: clock.now,
    version: "1.0.0",
    maxOpenFiles: 1,
    openFiles: () => 0,
    targetTypes: [],
    isReady: () => true,
    attemptsInFlight: () => 0,
    openCircuits: () => 0,
    disk: () => null,
    files: async () => null,
    cluster,
  });
  return (await read()).text;
}

describe("the metrics of a node of a cluster", () => {
  test("tell who leads, how far the node is, and what it met", async () => {
    const own = member(400, [heard("a", 400, 0), heard("b", 450, 100), heard("c", 300, 6_000)]);
    own.counts.leaderChanges = 2;
    own.counts.append.observe(3);
    own.counts.troubled("damaged_copy");
    const sources = createClusterSources({ member: own, clock });
    await sources.log();
    const text = await scrape(sources);
    for (const line of [
      "webhooker_cluster_leads 1",
      "webhooker_cluster_epoch 4",
      "webhooker_cluster_applied_position 400",
      "webhooker_cluster_log_lag_records 100",
      "webhooker_cluster_nodes_heard 2",
      "webhooker_cluster_log_bytes 1000",
      "webhooker_cluster_log_max_bytes 5000",
      "webhooker_cluster_append_seconds_count 1",
      "webhooker_cluster_leader_changes_total 2",
      'webhooker_cluster_log_troubles_total{kind="damaged_copy"} 1',
      'webhooker_cluster_log_troubles_total{kind="stalled"} 0',
    ])
      expect(text).toContain(`\n${line}\n`);
  });

  test("count the lag by what other nodes have applied until the log's servers have said more", async () => {
    const sources = createClusterSources({ member: member(400, [heard("b", 450, 0)]), clock });
    expect(sources.lag()).toBe(50);
    await sources.log();
    expect(sources.lag()).toBe(100);
  });

  test("ask the log's servers every 15 seconds at most", async () => {
    const own = member(1);
    const { log } = createClusterSources({ member: own, clock });
    await log();
    clock.advance(14_999);
    expect(await log()).toEqual(HEAD);
    expect(own.asked()).toBe(1);
    clock.advance(1);
    await log();
    expect(own.asked()).toBe(2);
  });

  test("are those that the alerts, the dashboard and the manual name", async () => {
    const text = await scrape(createClusterSources({ member: member(1), clock }));
    const names = [...text.matchAll(/^# TYPE (webhooker_cluster_\w+)/gm)].map(([, name]) => name ?? "");
    const chapter = findChapter("monitoring")?.text ?? "";
    expect(names.filter((name) => !chapter.includes(`\`${name.slice("webhooker_".length)}`))).toEqual([]);
    const used = `${alerts}${JSON.stringify(dashboard)}`.match(/webhooker_cluster_\w+/g) ?? [];
    expect(used.length).toBeGreaterThan(8);
    expect(used.map((name) => name.replace(/_bucket$/, "")).filter((name) => !names.includes(name))).toEqual(
      [],
    );
    for (const kind of ["damaged", "damaged_copy"]) expect(text).toContain(`{kind="${kind}"}`);
  });

  test("are left out where the gateway is alone", async () => {
    expect(await scrape(null)).not.toContain("webhooker_cluster");
  });
});
