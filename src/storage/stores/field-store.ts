/** Writes the indexes of fields behind ingest: entries are read by a worker and written in bounded steps. */
import {
  addEntries,
  ENTRIES_PER_STEP,
  eventsBehind,
  placesText,
  prepareIndex,
  readFieldIndex,
} from "../event-db/fields/field-index.ts";
import type { WebhookDBManager } from "../event-files/webhook-db-manager.ts";
import type { EventReader } from "../reader/event-reader.ts";
import { readBeside, readEventFile } from "../reader/read-event-file.ts";
import type { EventWriter } from "../writer/event-writer.ts";

export type FieldStep = Readonly<{
  /** True if the index has all events and is one of the places. */
  isDone: boolean;
  /** How long the event loop was held. */
  heldMs: number;
}>;

export type FieldStore = Readonly<{
  /** Brings the index one step closer to having these places of all events. */
  step: (webhookId: string, places: readonly string[]) => Promise<FieldStep>;
  /** True if so many events wait for the index that a group is full. */
  isGroupFull: (webhookId: string) => Promise<boolean>;
}>;

export function createFieldStore(options: {
  files: WebhookDBManager;
  writer: Pick<EventWriter, "tidy">;
  reader: Pick<EventReader, "readEntries">;
}): FieldStore {
  const { files, writer, reader } = options;

  return {
    async step(webhookId, places) {
      const index = await readEventFile(files, webhookId, ({ db }) => readFieldIndex(db));
      if (placesText(index.places) !== placesText(places)) {
        const { result, heldMs } = await writer.tidy(webhookId, (file) =>
          timed(() => prepareIndex(file, places)),
        );
        return { isDone: result && places.length === 0, heldMs };
      }
      if (places.length === 0) return { isDone: true, heldMs: 0 };
      const group = await readBeside(files, webhookId, (file) => reader.readEntries(file, index));
      if (group === null) return { isDone: true, heldMs: 0 };
      const { result, heldMs } = await writer.tidy(webhookId, (file) =>
        timed(() => addEntries(file, index, group)),
      );
      return { isDone: result && group.isEnd, heldMs };
    },
    isGroupFull: (webhookId) =>
      readEventFile(files, webhookId, ({ db }) => {
        const { places } = readFieldIndex(db);
        return eventsBehind(db) * places.length >= ENTRIES_PER_STEP;
      }),
  };
}

function timed<T>(act: () => T): Readonly<{ result: T; heldMs: number }> {
  const begin = performance.now();
  const result = act();
  return { result, heldMs: performance.now() - begin };
}
