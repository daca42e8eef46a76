/** Exports and imports over a test's use cases and event files, with the key that those seal with. */
import { createKeyRing } from "../../src/lib/crypto.ts";
import { createWebhookFiles } from "../../src/storage/transfer/webhook-files.ts";
import { createTransfer, type Transfer } from "../../src/webhooks/transfer/transfer.ts";
import type { TestUseCases } from "./use-cases.ts";

export function createTestTransfer(
  all: TestUseCases,
  dataDir: string,
  onImported: (webhookId: string) => void = () => undefined,
): Transfer {
  const { mainDb, clock, useCases, targetTypes, providers } = all;
  const files = createWebhookFiles(dataDir);
  const keys = createKeyRing(new Uint8Array(32).fill(1));
  return createTransfer({
    ...{ mainDb, files, keys, clock, useCases, targetTypes, providers, onImported },
    removeFile: files.remove,
  });
}
