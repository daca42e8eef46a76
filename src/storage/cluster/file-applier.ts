/** Applies the log's entries for one webhook to its event file, in order, and again where the disk was at fault. */
import type { Clock } from "../../lib/clock.ts";
import type { LogPlace } from "../event-db/log-position.ts";
import type { LocalWriter } from "../writer/event-writer.ts";
import { LoggedGroup, LoggedWrite } from "../writer/logged-write.ts";
import { commandWrite, EventWrite, SettlementWrite, type Write } from "../writer/writes.ts";
import type { EventEntry } from "./entries.ts";
import type { Waiter } from "./outbox.ts";

export type LoggedEntry = Readonly<{
  entry: EventEntry;
  place: LogPlace;
  /** Null for an entry of another node. */
  waiter: Waiter | null;
  /** Called once, when nothing more comes of it. */
  done: () => void;
}>;

/** Runs once everything before it is written, and before anything after it is. */
export type Interlude = Readonly<{ run: () => Promise<void>; done: () => void }>;

/** Not more than the writer commits together. */
const GROUP = 256;
const RETRY_MS = 2_000;

export class FileApplier {
  readonly #webhookId: string;
  readonly #deps: FileApplierDeps;
  #waiting: (LoggedEntry | Interlude)[] = [];
  #isBusy = false;
  #isBlocked = false;
  #isStopped = false;
  #cancelRetry = () => {};

  constructor(webhookId: string, deps: FileApplierDeps) {
    this.#webhookId = webhookId;
    this.#deps = deps;
    if (deps.writable === null) return;
    this.#isBusy = true;
    void deps.writable.then(() => {
      this.#isBusy = false;
      this.#next();
    });
  }

  /** True while the file or its disk is at fault. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  push(entry: LoggedEntry | Interlude): void {
    this.#waiting.push(entry);
    this.#next();
  }

  /** Writes nothing more: the files may soon be another application's. The writer has what is under way. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelRetry();
  }

  #next(): void {
    if (this.#isBusy || this.#isStopped) return;
    if (this.#waiting.length === 0) {
      this.#deps.onIdle(this.#webhookId);
      return;
    }
    this.#isBusy = true;
    const [first] = this.#waiting;
    if (first !== undefined && !isEntry(first)) void this.#pause(first);
    else this.#write(this.#takeEntries());
  }

  /** Those in front of the next interlude. */
  #takeEntries(): readonly LoggedEntry[] {
    const entries: LoggedEntry[] = [];
    for (const step of this.#waiting) {
      if (!isEntry(step) || entries.length === GROUP) break;
      entries.push(step);
    }
    this.#waiting.splice(0, entries.length);
    return entries;
  }

  async #pause(interlude: Interlude): Promise<void> {
    this.#waiting.shift();
    await interlude.run();
    interlude.done();
    this.#isBusy = false;
    this.#next();
  }

  #write(entries: readonly LoggedEntry[]): void {
    const group = new LoggedGroup();
    const isBlocked: boolean[] = [];
    let left = entries.length;
    for (const [index, entry] of entries.entries()) {
      const done = (isItBlocked: boolean) => {
        isBlocked[index] = isItBlocked;
        left--;
        // Not before the writer is done with the whole group.
        if (left === 0) queueMicrotask(() => this.#end(entries, isBlocked));
      };
      this.#deps.writer.write(
        this.#webhookId,
        new LoggedWrite(writeOf(entry), { place: entry.place, group, done }),
      );
    }
  }

  #end(entries: readonly LoggedEntry[], isBlocked: readonly boolean[]): void {
    const blocked = entries.filter((_, index) => isBlocked[index]);
    for (const [index, { done }] of entries.entries()) if (!isBlocked[index]) done();
    this.#isBlocked = blocked.length > 0;
    if (!this.#isBlocked) {
      this.#isBusy = false;
      this.#next();
      return;
    }
    this.#waiting = [...blocked, ...this.#waiting];
    if (this.#isStopped) return;
    this.#cancelRetry = this.#deps.clock.after(RETRY_MS, () => {
      this.#isBusy = false;
      this.#next();
    });
  }
}

export type FileApplierDeps = Readonly<{
  writer: Pick<LocalWriter, "write">;
  clock: Pick<Clock, "after">;
  /** Resolves once the file can be written; null if it can be already. */
  writable: Promise<void> | null;
  /** Nothing waits for the file any more. */
  onIdle: (webhookId: string) => void;
}>;

function isEntry(step: LoggedEntry | Interlude): step is LoggedEntry {
  return "entry" in step;
}

function writeOf({ entry: { command }, waiter }: LoggedEntry): Write {
  const applied = waiter === null ? ignore : waiter.applied;
  const failed = waiter === null ? ignore : waiter.failed;
  if (command.name === "append") return new EventWrite(command.draft, applied, failed);
  if (command.name === "settle")
    return new SettlementWrite(command.settlement, () => applied(undefined), failed);
  return commandWrite(command, (result, heldMs) => applied({ result, heldMs }), failed);
}

function ignore(): void {}
