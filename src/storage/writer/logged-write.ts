/** A write that a cluster's log has brought: applied once and in the log's order, together with its place in the log. */
import { AppError } from "../../lib/errors.ts";
import type { EventFile } from "../event-db/event-file.ts";
import type { LogPlace } from "../event-db/log-position.ts";
import { isFileFault } from "./commit-writes.ts";
import type { Write } from "./writes.ts";

/** Writes of one file that were handed over together: none is applied after one that was blocked. */
export class LoggedGroup {
  isBlocked = false;
}

export class LoggedWrite implements Write {
  /** The log has it on disk. */
  readonly durable = false;
  readonly bytes: number;
  readonly news: boolean;
  readonly due: boolean;
  readonly #write: Write;
  readonly #place: LogPlace;
  readonly #group: LoggedGroup;
  readonly #done: (isBlocked: boolean) => void;
  #isRefused = false;

  constructor(
    write: Write,
    of: Readonly<{
      place: LogPlace;
      group: LoggedGroup;
      /** `isBlocked`: the file or its disk is at fault, and it must be written before anything that follows it. */
      done: (isBlocked: boolean) => void;
    }>,
  ) {
    this.bytes = write.bytes;
    this.news = write.news;
    this.due = write.due;
    this.#write = write;
    this.#place = of.place;
    this.#group = of.group;
    this.#done = of.done;
  }

  apply(file: EventFile): void {
    if (this.#group.isBlocked) throw blocked();
    if (file.logPosition.has(this.#place)) return;
    this.#isRefused = false;
    try {
      this.#write.apply(file);
    } catch (error) {
      this.#isRefused = !isFileFault(error);
      throw error;
    }
    file.logPosition.advance(this.#place);
  }

  readonly resolve = (): void => {
    this.#done(false);
    this.#write.resolve();
  };

  readonly reject = (error: Error): void => {
    // Every copy refuses alike what these rows do not allow, and a webhook that was deleted takes nothing.
    const isFinal = this.#isRefused || (error instanceof AppError && error.kind === "not_found");
    if (!isFinal) this.#group.isBlocked = true;
    this.#done(!isFinal);
    if (isFinal) this.#write.reject(error);
  };
}

function blocked(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "log_blocked",
    message: "An earlier entry of the cluster's log could not be written to the event file.",
    retryAfterSeconds: 2,
  });
}
