/** Applies the log's entries for event files: those of one file in order, files side by side. */
import type { Clock } from "../../lib/clock.ts";
import { notFound } from "../../lib/errors.ts";
import type { LocalWriter } from "../writer/event-writer.ts";
import type { ConfigCopy } from "./config-copy.ts";
import type { CopyDigests } from "./copy-digests.ts";
import { type Comparison, type EventEntry, isComparison, outlivesItsLeader, sizeOfEntry } from "./entries.ts";
import { FileApplier } from "./file-applier.ts";
import { notLeading } from "./not-leading.ts";
import type { Waiter } from "./outbox.ts";
import { WaitingRoom } from "./waiting-room.ts";

/** An entry's place in the log, and who waits for it. */
export type OfEntry = Readonly<{
  position: number;
  /** Index among the record's entries. */
  index: number;
  /** Its leader had been deposed by then, or no leader wrote it. */
  isStale: boolean;
  /** Null for an entry of another node. */
  waiter: Waiter | null;
  /** Call it once nothing more comes of the entry. */
  done: () => void;
}>;

export type FilesApplier = ReturnType<typeof createFilesApplier>;

export function createFilesApplier(deps: {
  born: string;
  writer: Pick<LocalWriter, "write">;
  config: Pick<ConfigCopy, "takesEntries" | "writable">;
  digests: Pick<CopyDigests, "begin">;
  clock: Clock;
}) {
  const { born, writer, config, digests, clock } = deps;
  const files = new Map<string, FileApplier>();
  let touched = new Set<string>();
  const waiting = new WaitingRoom();
  const applierDeps = { writer, clock, onIdle: (webhookId: string) => files.delete(webhookId) };

  function fileOf(webhookId: string): FileApplier {
    let file = files.get(webhookId);
    if (!file) {
      file = new FileApplier(webhookId, { ...applierDeps, writable: config.writable(webhookId) });
      files.set(webhookId, file);
    }
    return file;
  }

  function apply(entry: EventEntry, of: OfEntry): void {
    const { webhookId } = entry;
    const bytes = sizeOfEntry(entry);
    waiting.enter(bytes);
    fileOf(webhookId).push({
      entry,
      place: { born, position: of.position, entry: of.index },
      waiter: of.waiter,
      done() {
        touched.add(webhookId);
        of.done();
        waiting.leave(bytes);
      },
    });
  }

  function compare(comparison: Comparison, of: OfEntry): void {
    fileOf(comparison.webhookId).push({
      run: () => digests.begin(comparison),
      done() {
        of.waiter?.applied(of.position);
        of.done();
      },
    });
  }

  return {
    push(entry: EventEntry | Comparison, of: OfEntry): void {
      const { webhookId } = entry;
      const isDropped = of.isStale && (isComparison(entry) || !outlivesItsLeader(entry.command));
      if (isDropped || !config.takesEntries(webhookId)) {
        of.waiter?.failed(isDropped ? notLeading() : notFound("webhook"));
        of.done();
      } else if (isComparison(entry)) compare(entry, of);
      else apply(entry, of);
    },
    /** Resolves once there is room for more. */
    room: () => waiting.room(),
    /** Webhooks whose files were written since the last call. */
    takeTouched(): readonly string[] {
      const taken = [...touched];
      touched = new Set();
      return taken;
    },
    /** True while some entry cannot be applied. */
    isBlocked: () => files.values().some((file) => file.isBlocked),
    /** Lets go who waits for room. */
    close: () => waiting.close(),
    /** Writes nothing more. */
    stop() {
      for (const file of files.values()) file.stop();
    },
  };
}
