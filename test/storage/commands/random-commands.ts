/** Makes random commands of every name for a file, most of which find something to change in it. */
import { DAY_MS, HOUR_MS } from "../../../src/lib/clock.ts";
import { COMMANDS, type Command, type CommandName } from "../../../src/storage/commands/table.ts";
import type { EventFile } from "../../../src/storage/event-db/event-file.ts";
import {
  type EntryGroup,
  type FieldIndex,
  partOf,
  readEntries,
  readFieldIndex,
} from "../../../src/storage/event-db/fields/field-index.ts";
import { Draw, TARGETS } from "./draw.ts";
import { RandomEvents } from "./random-events.ts";
import { RandomReplays } from "./random-replays.ts";

const START = 1_790_000_000_000;
type Makers = { readonly [Name in CommandName]: () => Command<Name> };
export class RandomCommands {
  readonly #file: EventFile;
  readonly #draw: Draw;
  readonly #events: RandomEvents;
  readonly #replays: RandomReplays;
  #now = START;
  /** A group of entries that is being written, part by part. */
  #open: { before: FieldIndex; group: EntryGroup; from: number } | null = null;

  constructor(file: EventFile, seed: number) {
    this.#file = file;
    this.#draw = new Draw(seed);
    this.#events = new RandomEvents(file, this.#draw);
    this.#replays = new RandomReplays(file, this.#draw);
  }

  /** The next one, for the file as it is now. */
  next(): Command {
    this.#passTime();
    const often: readonly CommandName[] = [
      "append",
      "append",
      "append",
      "appendOnce",
      "settle",
      "settle",
      "replayStep",
    ];
    const name = this.#draw.pick(this.#draw.chance(0.5) ? often : this.#names);
    return this.#makers[name]();
  }

  /** To be called with what each command returned. */
  learn(command: Command, result: unknown): void {
    this.#replays.learn(command, result);
  }

  readonly #makers: Makers = {
    append: () => ({ name: "append", draft: this.#events.draft(this.#now) }),
    appendOnce: () => ({ name: "appendOnce", ...this.#events.keyed(this.#now) }),
    noteOrigin: () => {
      const copyOf = this.#draw.chance(0.5) ? this.#events.eventId(this.#now) : null;
      return {
        name: "noteOrigin",
        origin: { eventId: this.#events.eventId(this.#now), sentBy: "ada", copyOf },
      };
    },
    settle: () => ({ name: "settle", settlement: this.#events.settlement(this.#now) }),
    replay: () => ({
      name: "replay",
      eventId: this.#events.eventId(this.#now),
      targetIds: this.#draw.some(TARGETS, 0.5),
      now: this.#now,
    }),
    shiftDue: () => ({
      name: "shiftDue",
      targetId: this.#draw.pick(TARGETS),
      from: this.#now - this.#draw.below(HOUR_MS),
      deltaMs: -this.#draw.below(HOUR_MS),
      limit: this.#limit(),
    }),
    discardPending: () => ({ name: "discardPending", ...this.#step(), reason: "The target was deleted." }),
    holdPending: () => ({ name: "holdPending", ...this.#step() }),
    releaseHeld: () => ({ name: "releaseHeld", ...this.#step() }),
    discardHeld: () => ({ name: "discardHeld", ...this.#step(), reason: "Not wanted." }),
    writeCircuit: () => ({
      name: "writeCircuit",
      targetId: this.#draw.pick(TARGETS),
      circuit: this.#draw.chance(0.7) ? { openedAt: this.#now, reason: "It is down." } : null,
    }),
    insertReplayRun: () => this.#replays.insert(this.#now),
    changeReplayRun: () => this.#replays.change(this.#now),
    replayStep: () => this.#replays.step(this.#now),
    keepRejected: () => {
      const { targets: _, webhookId: __, type: ___, ...request } = this.#events.draft(this.#now);
      return { name: "keepRejected", draft: { ...request, reason: "No signature.", sealedSecret: null } };
    },
    acceptRejected: () => {
      const reverified = this.#rejectedIds(3).map((id) => {
        const { draft, dedupKey } = this.#events.keyed(this.#now);
        return { id, draft, dedupKey: this.#draw.chance(0.5) ? dedupKey : null };
      });
      return { name: "acceptRejected", reverified };
    },
    setReasons: () => ({
      name: "setReasons",
      reasons: this.#rejectedIds(3).map((id) => [id, `Looked at again at ${this.#now}.`] as const),
    }),
    deleteRejected: () => ({ name: "deleteRejected", ids: this.#rejectedIds(2) }),
    pruneRejected: () => ({
      name: "pruneRejected",
      before: this.#draw.chance(0.5) ? null : this.#now - this.#draw.below(DAY_MS),
      limit: this.#limit(),
    }),
    pruneEvents: () => ({ name: "pruneEvents", after: "", rows: this.#limit(), rule: this.#rule() }),
    pruneHours: () => ({
      name: "pruneHours",
      before: this.#now - this.#draw.below(DAY_MS),
      limit: this.#limit(),
    }),
    prepareFieldIndex: () => {
      // As the field store does: with the same places again, the rest of the group would be taken for all of it.
      this.#open = null;
      return {
        name: "prepareFieldIndex",
        places: this.#draw.some(["$.customer", "x-shop"], 0.7),
        limit: this.#limit(),
      };
    },
    addFieldEntries: () => ({ name: "addFieldEntries", ...this.#entries() }),
  };

  readonly #names = namesOf(this.#makers);

  #passTime(): void {
    const dice = this.#draw.below(100);
    if (dice < 70) this.#now += this.#draw.below(2_000);
    else if (dice < 95) this.#now += this.#draw.below(HOUR_MS);
    else if (dice < 98) this.#now += this.#draw.below(40 * DAY_MS);
    else this.#now -= this.#draw.below(2 * HOUR_MS);
  }

  #rule(): Command<"pruneEvents">["rule"] {
    const ago = (ms: number) => (this.#draw.chance(0.2) ? null : this.#now - this.#draw.below(ms));
    return {
      finishedBefore: ago(2 * HOUR_MS),
      undeliveredBefore: ago(DAY_MS),
      restingSince: this.#draw.chance(0.5) ? null : this.#now - HOUR_MS,
      reason: "Too old.",
      enoughBytes: this.#draw.chance(0.2) ? this.#draw.below(5_000) : null,
      now: this.#now,
    };
  }

  /** Entries of a group that was read a moment or several commands ago. */
  #entries(): Omit<Command<"addFieldEntries">, "name"> {
    const { before, group, from } = this.#open ?? this.#readGroup();
    const to = from + this.#limit();
    const part = partOf(before, group, { from, to });
    const goesOn = !part.isLast && this.#draw.chance(0.8);
    this.#open = goesOn ? { before, group, from: to } : null;
    return part;
  }

  #readGroup() {
    const before = readFieldIndex(this.#file.db);
    const none: EntryGroup = { entries: new BigInt64Array(), events: 0, lastEventId: "", isEnd: true };
    return { before, group: readEntries(this.#file.db, before, () => false) ?? none, from: 0 };
  }

  #step() {
    return { targetId: this.#draw.pick(TARGETS), limit: this.#limit(), now: this.#now };
  }

  #limit(): number {
    return 1 + this.#draw.below(30);
  }

  #rejectedIds(most: number): string[] {
    const all = this.#file.db.query<{ id: string }, []>("SELECT id FROM rejected_requests ORDER BY id").all();
    return [...all.slice(0, this.#draw.below(most + 1)).map(({ id }) => id), this.#draw.id(this.#now)];
  }
}

/** `Object.keys` with its types. */
function namesOf(makers: Makers): readonly CommandName[] {
  return Object.keys(makers).filter((name): name is CommandName => name in COMMANDS);
}
