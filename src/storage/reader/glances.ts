/** Reads what a long list shows of webhooks off the event loop, without opening their files there. */
import type { Glance } from "../event-db/numbers/glance.ts";
import type { WebhookDBManager } from "../event-files/webhook-db-manager.ts";
import { readGlancesOf } from "./inspection.ts";

/** A webhook whose file cannot be read is missing from the result. */
export type ReadGlances = (
  webhookIds: readonly string[],
  now: number,
) => Promise<ReadonlyMap<string, Glance>>;

export function createGlanceReader(files: Pick<WebhookDBManager, "pathOf">): ReadGlances {
  return async (webhookIds, now) => {
    const idByPath = new Map(webhookIds.map((id) => [files.pathOf(id), id]));
    const found = await readGlancesOf([...idByPath.keys()], now);
    return new Map(found.map(({ path, glance }) => [idByPath.get(path) ?? "", glance]));
  };
}
