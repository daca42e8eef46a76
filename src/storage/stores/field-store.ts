/** Writes the indexes of fields behind ingest: entries are read by a worker and written in bounded steps. */
import {
  ENTRIES_PER_GROUP,
  type EntryGroup,
  eventsBehind,
  type FieldIndex,
  partOf,
  placesText,
  readFieldIndex,
} from "../event-db/fields/field-index.ts";
import type { WebhookDBManager } from "../event-files/webhook-db-manager.ts";
import type { EventReader } from "../reader/event-reader.ts";
import { readBeside, readEventFile } from "../reader/read-event-file.ts";
import type { EventWriter } from "../writer/event-writer.ts";
import { type StepLimits, StepSize } from "./step-size.ts";

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

/** Entries written, or deleted, in one step. */
const STEP: StepLimits = { least: 50, first: 1_000, most: ENTRIES_PER_GROUP, ms: 5 };

/** A group that was read, of which the entries before `from` are written. */
type OpenGroup = Readonly<{ before: FieldIndex; group: EntryGroup; from: number }>;

export function createFieldStore(options: {
  files: WebhookDBManager;
  writer: Pick<EventWriter, "runTimed">;
  reader: Pick<EventReader, "readEntries">;
  limits?: StepLimits;
}): FieldStore {
  const { files, writer, reader, limits = STEP } = options;
  /** By webhook; lost with the process, and then read again. */
  const openGroups = new Map<string, OpenGroup>();
  const size = new StepSize(limits);

  async function readGroup(webhookId: string, index: FieldIndex): Promise<OpenGroup | null> {
    const group = await readBeside(files, webhookId, (file) => reader.readEntries(file, index));
    return group && { before: index, group, from: 0 };
  }

  async function prepare(webhookId: string, places: readonly string[]): Promise<FieldStep> {
    const command = { name: "prepareFieldIndex", places, limit: size.rows } as const;
    const { result: isReady, heldMs } = await writer.runTimed(webhookId, command);
    if (!isReady) size.took(heldMs);
    return { isDone: isReady && places.length === 0, heldMs };
  }

  async function write(webhookId: string, open: OpenGroup): Promise<FieldStep> {
    const { before, group, from } = open;
    const to = from + size.rows;
    const part = partOf(before, group, { from, to });
    const { result, heldMs } = await writer.runTimed(webhookId, { name: "addFieldEntries", ...part });
    if (result === "added" && !part.isLast) {
      size.took(heldMs);
      openGroups.set(webhookId, { ...open, from: to });
    }
    return { isDone: result === "added" && part.isLast && group.isEnd, heldMs };
  }

  return {
    async step(webhookId, places) {
      const begun = openGroups.get(webhookId);
      openGroups.delete(webhookId);
      const index = await readEventFile(files, webhookId, ({ db }) => readFieldIndex(db));
      if (placesText(index.places) !== placesText(places)) return prepare(webhookId, places);
      if (places.length === 0) return { isDone: true, heldMs: 0 };
      const open = begun ?? (await readGroup(webhookId, index));
      return open === null ? { isDone: true, heldMs: 0 } : write(webhookId, open);
    },
    isGroupFull: (webhookId) =>
      readEventFile(files, webhookId, ({ db }) => {
        const { places } = readFieldIndex(db);
        return eventsBehind(db) * places.length >= ENTRIES_PER_GROUP;
      }),
  };
}
