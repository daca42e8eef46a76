/** The event files with all that keeps them: manager, worker, writer and store, opened and closed as one. */
import type { Clock } from "../lib/clock.ts";
import { noMetrics, type StorageMetrics } from "../lib/metrics.ts";
import { createChangeSignal } from "./change-signal.ts";
import { startEventFileUpkeep } from "./event-file-upkeep.ts";
import { createEventStore, type EventStore } from "./event-store.ts";
import { createEventWriter, type EventWriter } from "./event-writer.ts";
import { createFlowStore, type FlowStore } from "./flow-store.ts";
import { WebhookDBManager } from "./webhook-db-manager.ts";

export type EventStorage = Readonly<{
  files: WebhookDBManager;
  writer: EventWriter;
  events: EventStore;
  flow: FlowStore;
  /** Ends when everything that was accepted is stored, and every file is closed. */
  close: () => Promise<void>;
}>;

export function openEventStorage(options: {
  dataDir: string;
  /** Files open at once. */
  maxOpen: number;
  clock: Clock;
  /** Called after new events of a webhook are on disk. */
  onRecorded?: (webhookId: string) => void;
  onError: (message: string, cause: unknown) => void;
  metrics?: StorageMetrics;
}): EventStorage {
  const { dataDir, maxOpen, clock, onRecorded = () => {}, onError, metrics = noMetrics } = options;
  const upkeep = startEventFileUpkeep();
  const files = new WebhookDBManager({ dataDir, maxOpen, upkeep, monotonic: clock.monotonic, metrics });
  const changes = createChangeSignal();
  const writer = createEventWriter({
    ...{ files, upkeep, onRecorded, onError, metrics },
    onStored: changes.announce,
  });
  return {
    files,
    writer,
    events: createEventStore({ files, writer, changes, clock }),
    flow: createFlowStore({ writer }),
    async close() {
      await writer.drain();
      await files.closeAll();
      upkeep.stop();
    },
  };
}
