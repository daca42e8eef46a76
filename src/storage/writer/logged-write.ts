/** A write that a cluster's log has brought: applied once and in the log's order, together with its place in the log. */
import { AppError } from "../../lib/errors.ts";
import type { EventFile } from "../event-db/event-file.ts";
import type { LogPlace } from "../event-db/log-position.ts";
import { isFileFault } from "./commit-writes.ts";
import type { Write } from "./writes.ts";

/**
 * - `applied`: the file has it, from now or from before.
 * - `refused`: it cannot be applied to these rows; every copy refuses it alike.
 * - `gone`: the webhook was deleted.
 * - `blocked`: the file or its disk is at fault; it must be written before anything that follows it.
 */
export type LoggedOutcome = "applied" | "refused" | "gone" | "blocked";

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
  readonly #done: (outcome: LoggedOutcome) => void;
  #isRefused = false;

  constructor(
    write: Write,
    of: Readonly<{ place: LogPlace; group: LoggedGroup; done: (outcome: LoggedOutcome) => void }>,
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
    this.#done("applied");
    this.#write.resolve();
  };

  readonly reject = (error: Error): void => {
    const outcome = this.#outcomeOf(error);
    if (outcome === "blocked") this.#group.isBlocked = true;
    this.#done(outcome);
    if (outcome !== "blocked") this.#write.reject(error);
  };

  #outcomeOf(error: Error): LoggedOutcome {
    if (this.#isRefused) return "refused";
    return error instanceof AppError && error.kind === "not_found" ? "gone" : "blocked";
  }
}

function blocked(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "log_blocked",
    message: "An earlier entry of the cluster's log could not be written to the event file.",
    retryAfterSeconds: 2,
  });
}
