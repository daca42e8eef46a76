/** Every metric there is, by name and labels, read from the plain numbers when it is scraped. */
import { Registry } from "prom-client";
import type { Counts, Outcomes } from "./metrics.ts";
import { addProcessMetrics } from "./process-metrics.ts";
import { addCounter, addGauge, addHistogram, type Sample } from "./prometheus-metrics.ts";

type FileSizes = Readonly<{
  mainDb: Readonly<{ bytes: number }>;
  eventFiles: Readonly<{ count: number; bytes: number }>;
}>;

/** What is read at a scrape beside the counts. Null: not known. */
export type MetricsSources = Readonly<{
  counts: Counts;
  /** All types, so that each has its series from the start. */
  targetTypes: readonly Readonly<{ type: string; settlesAtIngest: boolean }>[];
  version: string;
  /** Wall-clock time. */
  now: () => number;
  isReady: () => boolean;
  triesInFlight: () => number;
  openCircuits: () => number;
  openFiles: () => number;
  maxOpenFiles: number;
  disk: () => Readonly<{ freeBytes: number; reserveBytes: number }> | null;
  files: () => Promise<FileSizes | null>;
}>;

export type Scrape = () => Promise<Readonly<{ contentType: string; text: string }>>;

export function createScrape(sources: MetricsSources): Scrape {
  const registry = new Registry();
  addEvents(registry, sources.counts);
  addDeliveries(registry, sources);
  addTargets(registry, sources.counts);
  addQueue(registry, sources);
  addStorage(registry, sources.counts);
  addFiles(registry, sources);
  addProgram(registry, sources);
  addProcessMetrics(registry);
  return async () => ({ contentType: registry.contentType, text: await registry.metrics() });
}

function addEvents(registry: Registry, counts: Counts): void {
  const received = { name: "webhooker_events_received_total", help: "Requests at the addresses of senders" };
  addCounter(registry, received, () => counts.received);
  const stored = { name: "webhooker_events_stored_total", help: "Events on disk and acknowledged" };
  addCounter(registry, stored, () => counts.stored);
  const bytes = { name: "webhooker_event_body_bytes_total", help: "Bytes of the bodies of stored events" };
  addCounter(registry, bytes, () => counts.storedBytes);
  const rejected = {
    name: "webhooker_events_rejected_total",
    help: "Requests of senders that were not stored, by reason",
    labelNames: ["reason"],
  };
  addCounter(registry, rejected, () => [...counts.rejected].map(([reason, value]) => [{ reason }, value]));
  const duplicates = {
    name: "webhooker_duplicates_total",
    help: "Copies of stored events, acknowledged and not stored again",
  };
  addCounter(registry, duplicates, () => counts.duplicates);
  const handshakes = {
    name: "webhooker_handshakes_total",
    help: "Questions of providers whether a URL is willing that were answered; no event is stored for them",
  };
  addCounter(registry, handshakes, () => counts.handshakes);
  const acknowledge = {
    name: "webhooker_acknowledge_seconds",
    help: "From a complete request to its acknowledgement",
  };
  addHistogram(registry, acknowledge, counts.acknowledge);
}

function addDeliveries(registry: Registry, { counts, targetTypes }: MetricsSources): void {
  for (const { type } of targetTypes) counts.outcomesOfType(type);
  const typeAtIngest = targetTypes.find(({ settlesAtIngest }) => settlesAtIngest)?.type;
  const deliveries = {
    name: "webhooker_deliveries_total",
    help: "Deliveries that ended, by target type; failed means given up, and a replay counts anew",
    labelNames: ["target_type", "outcome"],
  };
  addCounter(registry, deliveries, () =>
    [...counts.byType].flatMap(([target_type, of]): Sample[] => {
      const atIngest = target_type === typeAtIngest ? counts.settledAtIngest : 0;
      return [
        [{ target_type, outcome: "delivered" }, of.delivered + atIngest],
        [{ target_type, outcome: "failed" }, of.failed],
        [{ target_type, outcome: "discarded" }, of.discarded],
      ];
    }),
  );
  const tries = {
    name: "webhooker_delivery_tries_total",
    help: "Tries of deliveries, by target type",
    labelNames: ["target_type", "outcome"],
  };
  addCounter(registry, tries, () =>
    [...counts.byType].flatMap(([target_type, of]) => triesOf({ target_type }, of)),
  );
  const firstTry = {
    name: "webhooker_first_try_seconds",
    help: "From an event's acknowledgement to a delivery's first try",
  };
  addHistogram(registry, firstTry, counts.firstTry);
  const delivered = {
    name: "webhooker_delivered_seconds",
    help: "From an event's receipt to its delivery, with retries and without replays",
  };
  addHistogram(registry, delivered, counts.delivered);
}

function addTargets(registry: Registry, counts: Counts): void {
  const tries = {
    name: "webhooker_target_tries_total",
    help: "Tries of deliveries, by target: the first 200 that were tried, the rest together as other",
    labelNames: ["webhook_id", "target_id", "outcome"],
  };
  addCounter(registry, tries, () => [
    ...[...counts.byTarget.values()].flatMap((of) =>
      triesOf({ webhook_id: of.webhookId, target_id: of.targetId }, of),
    ),
    ...triesOf({ webhook_id: "other", target_id: "other" }, counts.otherTargets),
  ]);
}

function addQueue(registry: Registry, { counts, triesInFlight, openCircuits, now }: MetricsSources): void {
  const pending = {
    name: "webhooker_pending_deliveries",
    help: "Deliveries that wait for a try or have one",
  };
  addGauge(registry, pending, () => counts.pending.total);
  const inFlight = { name: "webhooker_tries_in_flight", help: "Tries under way" };
  addGauge(registry, inFlight, triesInFlight);
  const circuits = {
    name: "webhooker_open_circuits",
    help: "Targets that failed so often that they are only probed now and then",
  };
  addGauge(registry, circuits, openCircuits);
  const opened = { name: "webhooker_circuits_opened_total", help: "How often a target's circuit opened" };
  addCounter(registry, opened, () => counts.circuitsOpened);
  const oldest = {
    name: "webhooker_oldest_pending_seconds",
    help: "Age of the oldest event that waits for another try, of those tried since the start; 0 for none",
  };
  addGauge(registry, oldest, () => {
    const receivedAt = counts.pending.oldestReceivedAt();
    return receivedAt === null ? 0 : Math.max(0, now() - receivedAt) / 1_000;
  });
}

function addStorage(registry: Registry, counts: Counts): void {
  const commit = {
    name: "webhooker_commit_seconds",
    help: "Transactions on event files, each of all that one turn brought",
  };
  addHistogram(registry, commit, counts.commit);
  const sync = { name: "webhooker_sync_seconds", help: "Syncs of event files' logs, off the event loop" };
  addHistogram(registry, sync, counts.sync);
  const faults = {
    name: "webhooker_storage_faults_total",
    help: "Writes and upkeep of event files that failed",
  };
  addCounter(registry, faults, () => counts.storageFaults);
  const lost = {
    name: "webhooker_event_files_lost_total",
    help: "Webhooks whose event file was found to be missing",
  };
  addCounter(registry, lost, () => counts.eventFilesLost);
}

function addFiles(registry: Registry, sources: MetricsSources): void {
  const { disk, files } = sources;
  const open = { name: "webhooker_open_event_files", help: "Event files that are open" };
  addGauge(registry, open, sources.openFiles);
  const most = { name: "webhooker_open_event_files_limit", help: "Event files that may be open at once" };
  addGauge(registry, most, () => sources.maxOpenFiles);
  const free = { name: "webhooker_disk_free_bytes", help: "Free space where the event files are" };
  addGauge(registry, free, () => disk()?.freeBytes ?? null);
  const reserve = {
    name: "webhooker_disk_reserve_bytes",
    help: "With less free space the gateway is not ready",
  };
  addGauge(registry, reserve, () => disk()?.reserveBytes ?? null);
  const mainDb = { name: "webhooker_main_database_bytes", help: "Size of the main database with its log" };
  addGauge(registry, mainDb, async () => (await files())?.mainDb.bytes ?? null);
  const number = { name: "webhooker_event_files", help: "Event files that there are" };
  addGauge(registry, number, async () => (await files())?.eventFiles.count ?? null);
  const size = { name: "webhooker_event_files_bytes", help: "Size of all event files with their logs" };
  addGauge(registry, size, async () => (await files())?.eventFiles.bytes ?? null);
}

function addProgram(registry: Registry, { counts, version, isReady }: MetricsSources): void {
  const lag = {
    name: "webhooker_event_loop_lag_seconds",
    help: "How late a timer ran that is set every 20 ms",
  };
  addHistogram(registry, lag, counts.eventLoopLag);
  const ready = { name: "webhooker_ready", help: "1 while /readyz says so, else 0" };
  addGauge(registry, ready, () => (isReady() ? 1 : 0));
  const build = {
    name: "webhooker_build_info",
    help: "The program's version, and that of its runtime",
    labelNames: ["version", "bun"],
  };
  addGauge(registry, build, () => [[{ version, bun: Bun.version }, 1]]);
}

function triesOf(labels: Readonly<Record<string, string>>, of: Outcomes): Sample[] {
  return [
    [{ ...labels, outcome: "delivered" }, of.delivered],
    [{ ...labels, outcome: "failed" }, of.retried + of.failed],
  ];
}
