/** Downloads a webhook: its events and configuration as one file, without secrets. */
import { temporaryFileResponse } from "../../../http/temporary-file.ts";
import { type PageContext, type PageRoute, page } from "../../page-route.ts";
import type { SourcesDeps } from "../deps.ts";

export function createDownloadRoutes({ transfer }: SourcesDeps): readonly PageRoute[] {
  async function download({ viewer, params, keepOpen }: PageContext): Promise<Response> {
    keepOpen();
    const of = { userId: viewer.id, webhookId: params.id ?? "" };
    // Secrets are exported only through the API and the command line, sealed with a passphrase.
    const { path, fileName } = await transfer.exportWebhook({ ...of, passphrase: null });
    const { discard } = transfer;
    return temporaryFileResponse({ path, fileName, contentType: "application/vnd.sqlite3", discard });
  }

  return [page("/source/:id/download", download, "editor")];
}
