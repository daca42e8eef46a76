/** Which ids an imported webhook and its parts keep, and which are other ones from now on. */
import { newId, newUnguessableId } from "../../lib/ids.ts";
import type { StateOfId } from "../../storage/main-db/transfer.ts";
import type { IdChanges } from "../../storage/transfer/adopt-webhook-file.ts";
import type { MovedDocument } from "./document.ts";

export type ChosenIds = IdChanges &
  Readonly<{
    /** Of all parts: only those that change. */
    all: Readonly<Record<string, string>>;
    /** Entrypoints of the user's that went with their webhook, and come back. */
    reclaimed: readonly string[];
  }>;

export const NO_CHANGES: ChosenIds = { targets: {}, entrypoints: {}, all: {}, reclaimed: [] };

/** An id is kept where it is nobody's. Only an entrypoint's is known to others, so its URL may come back to its user. */
export function chooseIds(given: {
  document: MovedDocument;
  userId: string;
  stateOfId: StateOfId;
  hasFile: (webhookId: string) => boolean;
}): ChosenIds {
  const { document, userId, stateOfId, hasFile } = given;
  const all: Record<string, string> = {};
  const reclaimed: string[] = [];
  const { id } = document.webhook;
  if (stateOfId("webhooks", id, userId) !== "free" || hasFile(id)) all[id] = newId();
  const targets = Object.fromEntries(
    document.targets.map((target) => {
      const isFree = stateOfId("targets", target.id, userId) === "free";
      return [target.id, isFree ? target.id : newId()];
    }),
  );
  const entrypoints = Object.fromEntries(
    document.entrypoints.map((entrypoint) => {
      const state = stateOfId("entrypoints", entrypoint.id, userId);
      if (state === "reclaimable") reclaimed.push(entrypoint.id);
      return [entrypoint.id, state === "taken" ? newUnguessableId() : entrypoint.id];
    }),
  );
  for (const [before, after] of Object.entries({ ...targets, ...entrypoints })) {
    if (after !== before) all[before] = after;
  }
  return { targets, entrypoints, all, reclaimed };
}
