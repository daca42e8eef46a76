/** Builds the index of fields. Entries are read from events beforehand, off the event loop. */
import { addEntries, prepareIndex } from "../event-db/fields/field-index.ts";
import { repeatable } from "./command.ts";

export const fieldCommands = {
  prepareFieldIndex: repeatable(prepareIndex),
  addFieldEntries: repeatable(addEntries),
};
