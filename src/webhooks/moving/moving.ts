/** Webhooks on their way out of this server and into it, as files. */
import type { WebhookUseCases } from "../use-cases.ts";
import { createExport, type ExportWebhook, type MovingDeps } from "./export-webhook.ts";
import { createImport, type ImportWebhook } from "./import-webhook.ts";

export type Moving = Readonly<{
  exportWebhook: ExportWebhook;
  importWebhook: ImportWebhook;
  /** Takes a file in, on the disk alone; resolves with its path, which is the caller's to discard. */
  receive: (chunks: AsyncIterable<Uint8Array>, expectedBytes: number) => Promise<string>;
  discard: (path: string) => Promise<void>;
}>;

export function createMoving(
  deps: MovingDeps &
    Readonly<{
      useCases: Pick<WebhookUseCases, "webhooks" | "entrypoints" | "targets">;
      removeFile: (webhookId: string) => Promise<void>;
      onImported: (webhookId: string) => void;
    }>,
): Moving {
  const { useCases, files } = deps;
  const show = async (of: { userId: string; webhookId: string }): Promise<void> => {
    const { webhooks, entrypoints, targets } = useCases;
    await Promise.all([webhooks.get(of), entrypoints.list(of), targets.list(of)]);
  };
  return {
    exportWebhook: createExport(deps),
    importWebhook: createImport({ ...deps, show }),
    receive: files.receive,
    discard: files.discard,
  };
}
