/** Chooses the ids of an imported webhook and its parts: kept or new. */
import { newId, newUnguessableId } from "../../lib/ids.ts";
import type { StateOfId } from "../../storage/main-db/transfer.ts";
import type { IdChanges } from "../../storage/transfer/adopt-webhook-file.ts";
import type { TransferDocument } from "./document.ts";

export type ChosenIds = IdChanges &
  Readonly<{
    /** Ids of all parts that change, by their old id. */
    all: Readonly<Record<string, string>>;
    /** The user's own entrypoints that were deleted with their webhook and now return. */
    reclaimed: readonly string[];
  }>;

export const NO_CHANGES: ChosenIds = { targets: {}, entrypoints: {}, all: {}, reclaimed: [] };

/** Keeps an id that is free. Only an entrypoint's id is public, so its URL may return to the same user. */
export function chooseIds(given: {
  document: TransferDocument;
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
