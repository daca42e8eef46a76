/** Exports and imports webhooks as files. */
import type { TargetTypes } from "../../targets/registry.ts";
import type { Providers } from "../../verification/registry.ts";
import type { WebhookUseCases } from "../use-cases.ts";
import { createExport, type ExportWebhook, type TransferDeps } from "./export-webhook.ts";
import { createImport, type ImportWebhook } from "./import-webhook.ts";
import { createRowCheck } from "./moved-rows.ts";

export type Transfer = Readonly<{
  exportWebhook: ExportWebhook;
  importWebhook: ImportWebhook;
  /** Saves an uploaded file to disk; resolves with its path, which the caller must discard. */
  receive: (chunks: AsyncIterable<Uint8Array>, expectedBytes: number) => Promise<string>;
  discard: (path: string) => Promise<void>;
  /** Ends imports that a crash broke off. Call it before any import; in a cluster the leader alone may. */
  endUnfinished: () => void;
  /** Removes files that a crash left. Call it before any export or import. */
  removeLeftovers: () => Promise<void>;
}>;

export function createTransfer(
  deps: TransferDeps &
    Readonly<{
      useCases: Pick<WebhookUseCases, "entrypoints" | "targets">;
      targetTypes: TargetTypes;
      providers: Providers;
      removeFile: (webhookId: string) => Promise<void>;
      spread: (webhookId: string) => Promise<void>;
      onImported: (webhookId: string) => void;
    }>,
): Transfer {
  const { files, mainDb } = deps;
  return {
    exportWebhook: createExport(deps),
    importWebhook: createImport({ ...deps, checkRows: createRowCheck(deps) }),
    receive: files.receive,
    discard: files.discard,
    endUnfinished: mainDb.transfer.endUnfinished,
    removeLeftovers: files.removeLeftovers,
  };
}
