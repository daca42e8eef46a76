/** What the manager of the event files works with, and whom it tells. */
import type { StorageMetrics } from "../lib/metrics.ts";
import type { EventFileUpkeep } from "./event-file-upkeep.ts";

export type WebhookDBManagerOptions = Readonly<{
  dataDir: string;
  /** Files open at once; up to a quarter more while others are being closed. */
  maxOpen: number;
  upkeep: EventFileUpkeep;
  monotonic: () => number;
  metrics?: Pick<StorageMetrics, "pending">;
  /** False while files must not be made: the folder is not the one that the gateway was started on. */
  isFolderInPlace?: () => boolean;
  /** The webhook's file is missing, and an empty one is made. */
  onMissing?: (webhookId: string) => void;
}>;
