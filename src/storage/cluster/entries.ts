/** Entries in the records of a cluster's log: commands for event files, and rows of the main database. */
import { z } from "zod";
import { COMMANDS, type Command, type CommandName } from "../commands/table.ts";
import { bytesOf } from "../event-db/types.ts";
import { type ShippedRows, shippedRowsSchema } from "../main-db/replication/row-change.ts";
import { DamagedRecord, NewerRecord } from "./unreadable.ts";

/** A change of one webhook's event file. */
export type EventEntry = Readonly<{ webhookId: string; command: Command }>;

/**
 * A place in the log at which all copies of a webhook's event file have to be equal; `compare` is an id. It changes nothing.
 */
export type Comparison = Readonly<{ webhookId: string; compare: string }>;

export type ClusterEntry = EventEntry | ShippedRows | Comparison;

const comparisonSchema = z.object({ webhookId: z.string(), compare: z.string() });
const eventSchema = z.object({ webhookId: z.string(), command: z.looseObject({ name: z.string() }) });

/** Throws NewerRecord, or DamagedRecord for what no version has written. The data of commands is as a node wrote it. */
export function readEntry(entry: unknown): ClusterEntry {
  if (has("rows", entry) && shippedRowsSchema.safeParse(entry).success) return entry as ShippedRows;
  if (has("compare", entry) && comparisonSchema.safeParse(entry).success) return entry as Comparison;
  const event = eventSchema.safeParse(entry);
  if (!event.success)
    throw new DamagedRecord("An entry of the record is no command, no rows and no comparison.");
  const { name } = event.data.command;
  if (Object.hasOwn(COMMANDS, name)) return entry as EventEntry;
  throw new NewerRecord(`The command ${JSON.stringify(name)} is not known.`);
}

export function isConfig(entry: ClusterEntry): entry is ShippedRows {
  return "rows" in entry;
}

export function isComparison(entry: ClusterEntry): entry is Comparison {
  return "compare" in entry;
}

/** Any node may store events and rejected requests; all else is the leader's. */
const OF_ANY_NODE: ReadonlySet<CommandName> = new Set(["append", "appendOnce", "keepRejected"]);

export function isOfAnyNode({ name }: Command): boolean {
  return OF_ANY_NODE.has(name);
}

/**
 * True if the command holds although the leader that gave it had been deposed by then: what any node may store, and a
 * delivery that has arrived, which is a fact.
 */
export function outlivesItsLeader(command: Command): boolean {
  return isOfAnyNode(command) || (command.name === "settle" && command.settlement.status === "delivered");
}

/** Nearly all entries have neither, and a schema takes longer. */
function has(name: "rows" | "compare", entry: unknown): boolean {
  return typeof entry === "object" && entry !== null && name in entry;
}

/** Bytes of the entry's bodies, and a guess for the rest. */
export function sizeOfEntry(entry: ClusterEntry): number {
  const REST_BYTES = 1024;
  if (isConfig(entry)) return entry.rows.length * REST_BYTES;
  if (isComparison(entry)) return REST_BYTES;
  const { command } = entry;
  if (command.name === "append" || command.name === "appendOnce") return REST_BYTES + bytesOf(command.draft);
  if (command.name === "settle")
    return REST_BYTES + (command.settlement.result.responseBody?.byteLength ?? 0);
  return REST_BYTES;
}
