/** Counts and measures a node's part in its cluster. */
import { Buckets } from "./buckets.ts";
import { FAST } from "./counts.ts";
import type { MetricsRegistry, Sample } from "./prometheus-metrics.ts";

/** Troubles of a reader of the log, so that each has its series from the start. */
const TROUBLES = [
  "interrupted",
  "stalled",
  "damaged_copy",
  "damaged",
  "trimmed",
  "rewound",
  "newer",
  "diverged",
  "blocked",
  "failed",
] as const;

export class ClusterCounts {
  leaderChanges = 0;
  readonly append = new Buckets(FAST);
  readonly troubles = new Map<(typeof TROUBLES)[number], number>(TROUBLES.map((kind) => [kind, 0]));

  troubled(kind: (typeof TROUBLES)[number]): void {
    this.troubles.set(kind, (this.troubles.get(kind) ?? 0) + 1);
  }
}

/** Values read at a scrape in addition to the counts. Null if unknown. */
export type ClusterSources = Readonly<{
  counts: ClusterCounts;
  leads: () => boolean;
  epoch: () => number | null;
  applied: () => number;
  lag: () => number;
  nodesHeard: () => number;
  /** Nodes that are to have all event files, and those with them that are heard. */
  copies: () => Readonly<{ wanted: number; heard: number }>;
  log: () => Promise<Readonly<{ bytes: number; maxBytes: number }> | null>;
}>;

export function addClusterMetrics(registry: MetricsRegistry, sources: ClusterSources): void {
  const { counts, leads, epoch, applied, lag, nodesHeard, copies, log } = sources;
  const leading = { name: "webhooker_cluster_leads", help: "1 while this node leads the cluster, else 0" };
  registry.addGauge(leading, () => (leads() ? 1 : 0));
  const number = { name: "webhooker_cluster_epoch", help: "Number of the leadership, as this node knows it" };
  registry.addGauge(number, epoch);
  const position = {
    name: "webhooker_cluster_applied_position",
    help: "Position of the log up to which this node's files have its entries",
  };
  registry.addGauge(position, applied);
  const behind = {
    name: "webhooker_cluster_log_lag_records",
    help: "Entries of the log that other nodes or its servers have told of, and that this node has not applied",
  };
  registry.addGauge(behind, lag);
  const heard = {
    name: "webhooker_cluster_nodes_heard",
    help: "Nodes that this one has heard in the last seconds, itself included",
  };
  registry.addGauge(heard, nodesHeard);
  const wanted = { name: "webhooker_cluster_copies_wanted", help: "Nodes that are to have all event files" };
  registry.addGauge(wanted, () => copies().wanted);
  const kept = {
    name: "webhooker_cluster_copies_heard",
    help: "Nodes with all event files that this one has heard in the last seconds, itself included",
  };
  registry.addGauge(kept, () => copies().heard);
  const bytes = { name: "webhooker_cluster_log_bytes", help: "Size of the log on each of its servers" };
  registry.addGauge(bytes, async () => (await log())?.bytes ?? null);
  const most = {
    name: "webhooker_cluster_log_max_bytes",
    help: "Size at which the log takes no more events",
  };
  registry.addGauge(most, async () => (await log())?.maxBytes ?? null);
  const append = {
    name: "webhooker_cluster_append_seconds",
    help: "Time until a majority of the log's servers had a record of this node on disk",
  };
  registry.addHistogram(append, counts.append);
  const changes = {
    name: "webhooker_cluster_leader_changes_total",
    help: "Times that this node saw another leader begin, or began to lead itself",
  };
  registry.addCounter(changes, () => counts.leaderChanges);
  const troubles = {
    name: "webhooker_cluster_log_troubles_total",
    help: "Troubles with reading and applying the log, by kind; those that last count again",
  };
  registry.addCounter(troubles, () => [...counts.troubles].map(([kind, count]): Sample => [{ kind }, count]));
}
