/** Reads the rhythms of webhooks' entrypoints off the event loop, without opening their files there. */
import type { Rhythms } from "../event-db/numbers/rhythm.ts";
import type { WebhookDBManager } from "../event-files/webhook-db-manager.ts";
import { readRhythmsOf } from "./inspection.ts";

/** A webhook whose file cannot be read is missing from the result. */
export type ReadRhythms = (webhookIds: readonly string[]) => Promise<ReadonlyMap<string, Rhythms>>;

export function createRhythmReader(files: Pick<WebhookDBManager, "pathOf">): ReadRhythms {
  return async (webhookIds) => {
    const idByPath = new Map(webhookIds.map((id) => [files.pathOf(id), id]));
    const found = await readRhythmsOf([...idByPath.keys()]);
    return new Map(found.map(({ path, rhythms }) => [idByPath.get(path) ?? "", rhythms]));
  };
}
