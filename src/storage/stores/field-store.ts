/** Writes the indexes of fields behind ingest: entries are read by a worker and written in bounded steps. */
import {
  addEntries,
  ENTRIES_PER_STEP,
  eventsBehind,
  type FieldIndex,
  type OpenGroup,
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

/** Time limit of a step's writing, which ends with the entry it is at. */
const STEP_MS = 5;

export function createFieldStore(options: {
  files: WebhookDBManager;
  writer: Pick<EventWriter, "tidy">;
  reader: Pick<EventReader, "readEntries">;
  stepMs?: number;
}): FieldStore {
  const { files, writer, reader, stepMs = STEP_MS } = options;
  /** By webhook; lost with the process, and then read again. */
  const openGroups = new Map<string, OpenGroup>();

  async function readGroup(webhookId: string, index: FieldIndex): Promise<OpenGroup | null> {
    const group = await readBeside(files, webhookId, (file) => reader.readEntries(file, index));
    return group && { before: index, group, from: 0 };
  }

  return {
    async step(webhookId, places) {
      const begun = openGroups.get(webhookId);
      openGroups.delete(webhookId);
      const index = await readEventFile(files, webhookId, ({ db }) => readFieldIndex(db));
      if (placesText(index.places) !== placesText(places)) {
        const { result, heldMs } = await writer.tidy(webhookId, (file) =>
          timed(() => prepareIndex(file, places)),
        );
        return { isDone: result && places.length === 0, heldMs };
      }
      if (places.length === 0) return { isDone: true, heldMs: 0 };
      const open = begun ?? (await readGroup(webhookId, index));
      if (open === null) return { isDone: true, heldMs: 0 };
      const { result, heldMs } = await writer.tidy(webhookId, (file) =>
        timed(() => addEntries(file, open, timeLimit(stepMs))),
      );
      if (result !== null && result !== "stale") openGroups.set(webhookId, result);
      return { isDone: result === null && open.group.isEnd, heldMs };
    },
    isGroupFull: (webhookId) =>
      readEventFile(files, webhookId, ({ db }) => {
        const { places } = readFieldIndex(db);
        return eventsBehind(db) * places.length >= ENTRIES_PER_STEP;
      }),
  };
}

function timeLimit(ms: number): () => boolean {
  const until = performance.now() + ms;
  return () => performance.now() >= until;
}

function timed<T>(act: () => T): Readonly<{ result: T; heldMs: number }> {
  const begin = performance.now();
  const result = act();
  return { result, heldMs: performance.now() - begin };
}
