/** Reads an event file, opened if needed, on the event loop or beside it. */
import { AppError } from "../../lib/errors.ts";
import type { EventFile } from "../event-db/event-file.ts";
import { unusable } from "../event-files/event-file-faults.ts";
import type { WebhookDBManager } from "../event-files/webhook-db-manager.ts";

/** Rejects with AppError `unavailable` if the file cannot be used. */
export async function readEventFile<T>(
  files: WebhookDBManager,
  webhookId: string,
  query: (file: EventFile) => T,
): Promise<T> {
  if (!files.isOpen(webhookId)) await files.makeReady(webhookId);
  const file = files.open(webhookId);
  try {
    return query(file);
  } catch (error) {
    throw error instanceof AppError ? error : unusable(webhookId, error);
  }
}

/** Like `readEventFile` for an asynchronous query; the file stays open until it ends. */
export async function readBeside<T>(
  files: WebhookDBManager,
  webhookId: string,
  query: (file: EventFile) => Promise<T>,
): Promise<T> {
  if (!files.isOpen(webhookId)) await files.makeReady(webhookId);
  const file = files.open(webhookId);
  files.pin(file);
  try {
    return await query(file);
  } catch (error) {
    throw error instanceof AppError ? error : unusable(webhookId, error);
  } finally {
    files.unpin(file);
  }
}
