/**
 * All changes of an event file. Events and results of attempts take a shorter way to the same functions
 * (`storage/writer/writes.ts`).
 */
import type { EventFile } from "../event-db/event-file.ts";
import type { CommandKind } from "./command.ts";
import { deliveryCommands } from "./delivery-commands.ts";
import { eventCommands } from "./event-commands.ts";
import { fieldCommands } from "./field-commands.ts";
import { rejectedCommands } from "./rejected-commands.ts";
import { replayCommands } from "./replay-commands.ts";
import { retentionCommands } from "./retention-commands.ts";

/**
 * Names are stored in logs, which nodes of versions one apart apply: none may be given to another change, or come to change
 * something else with the same data. New commands and fields are listed in `storage/cluster/formats.ts`.
 */
export const COMMANDS = {
  ...eventCommands,
  ...deliveryCommands,
  ...replayCommands,
  ...rejectedCommands,
  ...retentionCommands,
  ...fieldCommands,
};

type Table = typeof COMMANDS;

export type CommandName = keyof Table;

type DataOf<Name extends CommandName> = Parameters<Table[Name]["apply"]>[1];

export type CommandResult<Name extends CommandName> = ReturnType<Table[Name]["apply"]>;

export type Command<Name extends CommandName = CommandName> = {
  [Each in Name]: Readonly<{ name: Each }> & DataOf<Each>;
}[Name];

/** The same command, no longer known by its name. */
export function anyCommand<Name extends CommandName>(command: Command<Name>): Command {
  return command as Command;
}

const kinds: { [Name in CommandName]: CommandKind<DataOf<Name>, CommandResult<Name>> } = COMMANDS;

/** Applies a command inside the caller's transaction. */
export function applyCommand<Name extends CommandName>(
  file: EventFile,
  command: Command<Name>,
): CommandResult<Name> {
  // It may change what is due.
  file.knownDue.forgetAll();
  return kinds[command.name].apply(file, command);
}
