/** Writes what belongs to a user, and not to a webhook, for a file of configuration: without defaults. */
import type { Pause } from "../../lib/pauses.ts";
import { toEventType } from "../catalogue/event-type-json.ts";
import type { UseCaseDeps } from "../deps.ts";

type Fields = Record<string, unknown>;

export function createOwnExport({ mainDb }: Pick<UseCaseDeps, "mainDb">) {
  const { portals, eventTypes } = mainDb;

  async function catalogue(userId: string, pause: Pause): Promise<Fields[]> {
    const shown: Fields[] = [];
    for (const row of eventTypes.list(userId)) {
      const { name, description, schema, example } = toEventType(row);
      shown.push({
        name,
        ...(description !== "" && { description }),
        ...(schema !== null && { schema }),
        ...(example !== null && { example }),
      });
      await pause();
    }
    return shown;
  }

  return async (userId: string, pause: Pause): Promise<Fields> => {
    const { name, colour, logo, origin } = portals.settingsOf(userId) ?? {};
    const portal = Object.entries({ name, colour, logo, origin }).filter(([, value]) => value != null);
    const check = eventTypes.checkOf(userId);
    const types = await catalogue(userId, pause);
    return {
      ...(portal.length > 0 && { portal_settings: Object.fromEntries(portal) }),
      ...(check !== "off" && { event_type_settings: { check } }),
      ...(types.length > 0 && { event_types: types }),
    };
  };
}
