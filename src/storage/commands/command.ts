/**
 * Commands are named changes of an event file, given as plain data, so that they can be written down and applied to
 * every copy of the file.
 */
import type { PlainData } from "../cluster/bytes-in-json.ts";
import type { EventFile } from "../event-db/event-file.ts";

/**
 * How commands of one name are applied. `apply` runs inside a transaction. Its changes and its result must follow from
 * the file's rows and the data alone, so that copies that apply the same commands in the same order stay equal, however
 * they group them: no clock, no random number, no new id, no limit in time, and nothing that this process remembers. The
 * caller decides such things and gives them as data.
 */
export type CommandKind<Data, Result> = Readonly<{
  /** False for what may be done again after a power cut: nobody waits for the disk then. */
  isDurable: boolean;
  apply: (file: EventFile, data: Data) => Result;
}>;

type PlainObject = { readonly [name: string]: PlainData | undefined };

/** A change that is on disk before whoever asked for it is answered. */
export function durable<Data extends PlainObject, Result>(
  apply: CommandKind<Data, Result>["apply"],
): CommandKind<Data, Result> {
  return { isDurable: true, apply };
}

/** A change that may be done again after a power cut. */
export function repeatable<Data extends PlainObject, Result>(
  apply: CommandKind<Data, Result>["apply"],
): CommandKind<Data, Result> {
  return { isDurable: false, apply };
}
