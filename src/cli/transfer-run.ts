/** Runs an export or import in this process, with the parts of the gateway that it needs. */
import type { Config } from "../config.ts";
import { AppError } from "../lib/errors.ts";
import { loadKeyRing } from "../lib/key-files.ts";
import { createLogger } from "../observability/log.ts";
import { createOutboundClient } from "../outbound/client.ts";
import { lockFolder } from "../storage/folder/folder-lock.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import { createWebhookFiles } from "../storage/transfer/webhook-files.ts";
import { createTargetTypes } from "../targets/registry.ts";
import { createProviders } from "../verification/registry.ts";
import { createTransfer, type Transfer } from "../webhooks/transfer/transfer.ts";
import { createWebhookUseCases } from "../webhooks/use-cases.ts";
import type { Io } from "./io.ts";
import { stayAlive } from "./stay-alive.ts";

export async function runTransfer<T>(
  given: { config: Config; mainDb: MainDb; io: Io },
  use: (transfer: Transfer) => Promise<T>,
): Promise<T> {
  const { config, mainDb, io } = given;
  const { clock } = io;
  const keys = loadKeyRing(config);
  const files = createWebhookFiles(config.dataDir);
  const outbound = createOutboundClient({ allowedCidrs: [] });
  const log = createLogger({ level: "error", format: "text", write: () => undefined });
  const types = {
    targetTypes: createTargetTypes({ outbound, log }),
    providers: createProviders({ outbound }),
  };
  const useCases = createWebhookUseCases({
    mainDb,
    keys,
    clock,
    ...types,
    // Transfers create and delete event files by other means, so these are not called.
    eventFiles: { create: async () => undefined, delete: files.remove },
  });
  const transfer = createTransfer({
    mainDb,
    files,
    keys,
    clock,
    useCases,
    ...types,
    removeFile: files.remove,
    spread: () => Promise.resolve(),
    onImported: () => undefined,
  });
  try {
    return await stayAlive(() => use(transfer));
  } finally {
    outbound.close();
  }
}

/** Throws AppError conflict if the gateway is running; `hint` says what to do. */
export async function whileStopped<T>({ dataDir }: Config, hint: string, act: () => Promise<T>): Promise<T> {
  let unlock: () => void;
  try {
    unlock = lockFolder(dataDir);
  } catch (cause) {
    if (!(cause instanceof AppError) || cause.code !== "folder_in_use") throw cause;
    throw new AppError({
      kind: "conflict",
      message: "The gateway is running.",
      hint,
      cause,
    });
  }
  try {
    return await act();
  } finally {
    unlock();
  }
}
