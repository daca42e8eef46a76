/**
 * Deletes what is old. Each step is limited by rows: a limit by time would leave copies of a file unlike each other.
 * Giving free space back to the disk is no command, as it changes no row: each copy does that for itself.
 */
import { pruneHours, pruneStep } from "../event-db/prune.ts";
import { repeatable } from "./command.ts";

export const retentionCommands = {
  pruneEvents: repeatable(pruneStep),
  pruneHours: repeatable(pruneHours),
};
