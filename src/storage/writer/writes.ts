/** Writes that the writer takes: an event, the result of an attempt, or any other command. */
import {
  applyCommand,
  COMMANDS,
  type Command,
  type CommandName,
  type CommandResult,
} from "../commands/table.ts";
import { recordSettlement } from "../event-db/deliveries/change-deliveries.ts";
import type { Recorded } from "../event-db/duplicates.ts";
import type { EventFile } from "../event-db/event-file.ts";
import { type FileSpace, vacuumStep } from "../event-db/numbers/space.ts";
import { recordEvent } from "../event-db/record-events.ts";
import { bytesOf, type EventDraft, type EventGoal, type Settlement } from "../event-db/types.ts";

export type Write = Readonly<{
  /** Runs inside a transaction, and perhaps once more in another where this one is rolled back. */
  apply: (file: EventFile) => void;
  /** Bytes that it writes at most beside the usual small columns. */
  bytes: number;
  /** True where `resolve` must wait for the disk. */
  durable: boolean;
  /** True where the rest of the program is told of it: there is more to look after, such as an event. */
  news: boolean;
  /** True where it may leave deliveries that are due. */
  due: boolean;
  resolve: () => void;
  reject: (error: Error) => void;
}>;

/** A change may be to many rows, so the WAL's length is read after it. */
const UNKNOWN_BYTES = Number.POSITIVE_INFINITY;

/**
 * The command `append`. A class, as is `SettlementWrite`: closures for each would be most of the garbage that an event
 * leaves.
 */
export class EventWrite implements Write {
  readonly bytes: number;
  readonly durable = true;
  readonly news = true;
  readonly due: boolean;
  readonly reject: (error: Error) => void;
  readonly #draft: EventDraft;
  readonly #done: (recorded: Recorded) => void;

  constructor(draft: EventDraft, done: (recorded: Recorded) => void, reject: (error: Error) => void) {
    this.bytes = bytesOf(draft);
    this.due = draft.targets.some(isAttempted);
    this.reject = reject;
    this.#draft = draft;
    this.#done = done;
  }

  apply(file: EventFile): void {
    recordEvent(file, this.#draft);
  }

  resolve(): void {
    this.#done({ eventId: this.#draft.id, isDuplicate: false });
  }
}

/** The command `settle`. */
export class SettlementWrite implements Write {
  readonly bytes: number;
  readonly durable = false;
  readonly news = false;
  readonly due = false;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly #settlement: Settlement;

  constructor(settlement: Settlement, resolve: () => void, reject: (error: Error) => void) {
    this.bytes = settlement.result.responseBody?.byteLength ?? 0;
    this.resolve = resolve;
    this.reject = reject;
    this.#settlement = settlement;
  }

  apply(file: EventFile): void {
    recordSettlement(file, this.#settlement);
  }
}

/** Any other command; resolves with its last result, and with how long that held the event loop. */
export function commandWrite<Name extends CommandName>(
  command: Command<Name>,
  resolve: (result: CommandResult<Name>, heldMs: number) => void,
  reject: (error: Error) => void,
): Write {
  const { isDurable } = COMMANDS[command.name];
  let result: CommandResult<Name>;
  let heldMs: number;
  return {
    apply(file) {
      const begin = performance.now();
      result = applyCommand(file, command);
      heldMs = performance.now() - begin;
    },
    bytes: UNKNOWN_BYTES,
    durable: isDurable,
    news: isDurable,
    due: isDurable,
    resolve: () => resolve(result, heldMs),
    reject,
  };
}

/** Gives space back to the disk until `limitMs` have passed. No command: it moves pages of this copy and changes no row. */
export function vacuumWrite(
  limitMs: number,
  resolve: (space: FileSpace) => void,
  reject: (error: Error) => void,
): Write {
  let space: FileSpace;
  return {
    apply(file) {
      const until = performance.now() + limitMs;
      space = vacuumStep(file, () => performance.now() >= until);
    },
    bytes: UNKNOWN_BYTES,
    durable: false,
    news: false,
    due: false,
    resolve: () => resolve(space),
    reject,
  };
}

function isAttempted({ settlesAtIngest }: EventGoal): boolean {
  return !settlesAtIngest;
}
