/** Writes that wait for one webhook's file, and whether the next group of them may begin. */
import type { Write } from "./writes.ts";

/** Groups of one file that may be on their way to disk at once: the next is committed while one is synced. */
const GROUPS_UNDER_WAY = 2;
/** Writes in one transaction: as many events of 1 KB take about 8 ms of the event loop. */
const GROUP = 256;
/** Fewer are not worth a transaction of their own. */
const MANY = 12;

/**
 * - `open`: a group may begin.
 * - `full`: as many groups are under way as may be.
 * - `closing`: no group may begin, and `close` waits for the last one to end.
 * - `closed`: nothing may be written, because the WAL is being restarted.
 *
 * While no group may begin, writes gather.
 */
export type WriteQueueState = "open" | "full" | "closing" | "closed";

export class WriteQueue {
  readonly webhookId: string;
  #writes: Write[] = [];
  /** Groups committed or being committed, and not yet synced. */
  #groups = 0;
  #isScheduled = false;
  /** The last group was the durable writes alone. */
  #hasLeftOthers = false;
  #isCheckpointed = false;
  #isClosed = false;
  /** Resolves the wait of `close`. */
  #onLastEnd: (() => void) | null = null;

  constructor(webhookId: string) {
    this.webhookId = webhookId;
  }

  get state(): WriteQueueState {
    if (this.#isClosed) return "closed";
    if (this.#onLastEnd !== null) return "closing";
    return this.#groups < GROUPS_UNDER_WAY ? "open" : "full";
  }

  get isEmpty(): boolean {
    return this.#writes.length === 0;
  }

  /** True between `schedule` and `beginScheduled`. */
  get isScheduled(): boolean {
    return this.#isScheduled;
  }

  get isCheckpointed(): boolean {
    return this.#isCheckpointed;
  }

  /** True where nothing waits and nothing is under way, so that the queue may be forgotten. */
  get isDone(): boolean {
    return this.#groups === 0 && !this.#isCheckpointed && this.#writes.length === 0;
  }

  push(write: Write): void {
    this.#writes.push(write);
  }

  /** Returns true where the caller is to begin a group at the next turn of the event loop. */
  schedule(): boolean {
    if (this.#isScheduled || this.state !== "open") return false;
    this.#isScheduled = true;
    return true;
  }

  /** The turn that was scheduled has come. */
  beginScheduled(): void {
    this.#isScheduled = false;
  }

  /**
   * Begins a group of the writes that wait longest; null where there are none, or no group may begin. Where there are
   * many of both, durable ones go first: what need not wait for the disk is written while it is waited for.
   */
  beginGroup(): readonly Write[] | null {
    if (this.#writes.length === 0 || this.state !== "open") return null;
    this.#groups++;
    const durable = this.#writes.filter((write) => write.durable);
    const others = this.#writes.length - durable.length;
    this.#hasLeftOthers =
      !this.#hasLeftOthers && durable.length >= MANY && durable.length <= GROUP && others >= MANY;
    if (!this.#hasLeftOthers) return this.#writes.splice(0, GROUP);
    this.#writes = this.#writes.filter((write) => !write.durable);
    return durable;
  }

  /** True where the group that was begun last has left writes behind that can be written while it is synced. */
  get hasLeftOthers(): boolean {
    return this.#hasLeftOthers;
  }

  endGroup(): void {
    this.#groups--;
    if (this.#onLastEnd === null || this.#groups > 0) return;
    this.#isClosed = true;
    this.#onLastEnd();
    this.#onLastEnd = null;
  }

  beginCheckpoint(): void {
    this.#isCheckpointed = true;
  }

  endCheckpoint(): void {
    this.#isCheckpointed = false;
  }

  /** Lets no more groups begin; resolves when none is under way. */
  close(): Promise<void> {
    if (this.#groups > 0) return new Promise((resolve) => (this.#onLastEnd = resolve));
    this.#isClosed = true;
    return Promise.resolve();
  }

  /** Lets groups begin again. */
  reopen(): void {
    this.#isClosed = false;
  }
}
