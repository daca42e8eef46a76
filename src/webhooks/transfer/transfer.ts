/** Exports and imports webhooks as files. */
import type { TargetTypes } from "../../targets/registry.ts";
import type { Providers } from "../../verification/registry.ts";
import type { WebhookUseCases } from "../use-cases.ts";
import { createExport, type ExportWebhook, type TransferDeps } from "./export-webhook.ts";
import { createImport, type ImportWebhook } from "./import-webhook.ts";
import { createRowCheck } from "./moved-rows.ts";
import { refuseInCluster } from "./no-import.ts";

export type Transfer = Readonly<{
  exportWebhook: ExportWebhook;
  importWebhook: ImportWebhook;
  /**
   * Saves an uploaded file to disk; resolves with its path, which the caller must discard. Throws AppError `conflict` in a
   * cluster, which takes no imports.
   */
  receive: (chunks: AsyncIterable<Uint8Array>, expectedBytes: number) => Promise<string>;
  discard: (path: string) => Promise<void>;
  /** Removes what a crash left behind. Call it before any export or import. */
  clear: () => Promise<void>;
}>;

export function createTransfer(
  deps: TransferDeps &
    Readonly<{
      useCases: Pick<WebhookUseCases, "entrypoints" | "targets">;
      targetTypes: TargetTypes;
      providers: Providers;
      removeFile: (webhookId: string) => Promise<void>;
      onImported: (webhookId: string) => void;
    }>,
): Transfer {
  const { files, mainDb } = deps;
  return {
    exportWebhook: createExport(deps),
    importWebhook: createImport({ ...deps, checkRows: createRowCheck(deps) }),
    async receive(chunks, expectedBytes) {
      // Before a long upload, not after it.
      refuseInCluster(mainDb);
      return files.receive(chunks, expectedBytes);
    },
    discard: files.discard,
    async clear() {
      mainDb.transfer.endUnfinished();
      await files.removeLeftovers();
    },
  };
}
