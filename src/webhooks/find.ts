/** Finds a user's own objects by id or by name, in whichever webhook they are. */
import { isId } from "../lib/ids.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { Located, LocateEvent } from "../storage/reader/event-locator.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import type { Webhook } from "./webhooks.ts";

export type Found = Readonly<{
  kind: "webhook" | "entrypoint" | "target" | "event";
  id: string;
  webhookId: string;
}>;

export type Named = Found & Readonly<{ name: string; webhookName: string }>;

export type FoundByName = Readonly<{
  objects: readonly Named[];
  /** True if there are more than are listed. */
  isCut: boolean;
}>;

export type Finder = Readonly<{
  /**
   * `id` may be of any object, or of a delivery, which stands for its event. `webhookId` is where it probably is.
   * `isWhole` is false if not all webhooks could be searched for an event in time.
   */
  byId: (
    wanted: Readonly<{ userId: string; id: string; webhookId?: string }>,
  ) => Promise<Readonly<{ object: Found | null; isWhole: boolean }>>;
  byName: (wanted: Readonly<{ userId: string; text: string }>) => Promise<FoundByName>;
}>;

/** More names help nobody: another word does. */
const MOST_NAMED = 50;
const NOWHERE = { found: null, isWhole: true } as const satisfies Located;

export function createFinder(deps: {
  mainDb: Pick<MainDb, "namedParts">;
  webhooks: Readonly<{ list: (of: { userId: string }) => Promise<readonly Webhook[]> }>;
  events: Pick<EventStore, "findEvent">;
  locateEvent: LocateEvent;
}): Finder {
  const { mainDb, webhooks, events, locateEvent } = deps;

  async function findEvent(
    own: readonly Webhook[],
    { userId, id, webhookId }: Readonly<{ userId: string; id: string; webhookId?: string }>,
  ): Promise<Located> {
    const isNear = webhookId !== undefined && own.some((webhook) => webhook.id === webhookId);
    if (isNear && (await events.findEvent(webhookId, id)) !== null) {
      return { found: { webhookId, eventId: id }, isWhole: true };
    }
    if (own.length === 0) return NOWHERE;
    const newestFirst = own.map((webhook) => webhook.id).sort((one, other) => (one > other ? -1 : 1));
    const likely = isNear ? [webhookId, ...newestFirst.filter((each) => each !== webhookId)] : newestFirst;
    return locateEvent({ webhookIds: likely, id, asker: userId });
  }

  return {
    async byId({ userId, id, webhookId }) {
      if (!isId(id)) return { object: null, isWhole: true };
      const own = await webhooks.list({ userId });
      if (own.some((webhook) => webhook.id === id)) {
        return { object: { kind: "webhook", id, webhookId: id }, isWhole: true };
      }
      const part = mainDb.namedParts.find(id);
      if (part !== null) {
        const isOwn = own.some((webhook) => webhook.id === part.webhookId);
        return { object: isOwn ? part : null, isWhole: true };
      }
      const { found, isWhole } = await findEvent(own, { userId, id, ...(webhookId && { webhookId }) });
      const object = found && { kind: "event" as const, id: found.eventId, webhookId: found.webhookId };
      return { object, isWhole };
    },
    async byName({ userId, text }) {
      const own = await webhooks.list({ userId });
      const names = new Map(own.map(({ id, name }) => [id, name]));
      const wanted = text.toLowerCase();
      const ownNamed = own
        .filter(
          ({ name, externalId }) =>
            name.toLowerCase().includes(wanted) || externalId?.toLowerCase().includes(wanted) === true,
        )
        .map(({ id, name }): Named => ({ kind: "webhook", id, webhookId: id, name, webhookName: name }));
      const parts = mainDb.namedParts
        .listByName({ webhookIds: [...names.keys()], text, limit: MOST_NAMED + 1 })
        .map((part): Named => ({ ...part, webhookName: names.get(part.webhookId) ?? "" }));
      const all = [...ownNamed, ...parts];
      return { objects: all.slice(0, MOST_NAMED), isCut: all.length > MOST_NAMED };
    },
  };
}
