/** Process metrics under the names of Prometheus' own client libraries, which dashboards know. */
import { readdir, readFile } from "node:fs/promises";
import type { MetricsRegistry } from "./prometheus-metrics.ts";

export function addProcessMetrics(registry: MetricsRegistry): void {
  const cpu = { name: "process_cpu_seconds_total", help: "CPU time spent, user and system" };
  registry.addCounter(cpu, () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  const memory = { name: "process_resident_memory_bytes", help: "Resident memory" };
  registry.addGauge(memory, () => process.memoryUsage.rss());
  const heap = { name: "process_heap_bytes", help: "JavaScript heap in use" };
  registry.addGauge(heap, () => process.memoryUsage().heapUsed);
  const startedAt = performance.timeOrigin / 1_000;
  const start = { name: "process_start_time_seconds", help: "Start time of the process, in Unix seconds" };
  registry.addGauge(start, () => startedAt);
  const open = { name: "process_open_fds", help: "Open file descriptors; Linux only" };
  registry.addGauge(open, () =>
    readdir("/proc/self/fd").then(
      (names) => names.length,
      () => null,
    ),
  );
  const most = { name: "process_max_fds", help: "Maximum number of open file descriptors; Linux only" };
  registry.addGauge(most, () => readFile("/proc/self/limits", "utf8").then(maxOpenFiles, () => null));
}

/** Returns null if there is no limit. */
function maxOpenFiles(limits: string): number | null {
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? null : Number(soft);
}
