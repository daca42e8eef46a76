/** Advances a replay by one bounded step inside the caller's transaction: deliveries and cursors move together. */
import { replayDelivery } from "../deliveries/change-deliveries.ts";
import type { EventFile } from "../event-file.ts";
import { createLaneKeys, type LaneKeys } from "../lane-keys.ts";
import { covers, MOST_GIVEN, nextInTurn, type ReplayScan, type StepMemory } from "./replay-memory.ts";
import { MOST_DUE, type ReplayTarget, Rooms, type WaitReason } from "./replay-room.ts";
import { findReplayRun, type ReplayRun, updateReplayRun } from "./replay-run.ts";
import { ReplaySelector, type Window } from "./replay-selection.ts";
import { AdvancingTargets, type ReplayRunTarget } from "./replay-target.ts";

/** Events read in one step, which blocks the event loop for a few milliseconds. */
const WINDOW = MOST_GIVEN;
/** Approximate number of deliveries made due in one step: it ends with the event that reaches this number. */
const MOST_DELIVERIES = 256;

export type ReplayStepGiven = Readonly<{
  id: string;
  /** The webhook's targets that are not deleted. */
  targets: readonly ReplayTarget[];
  memory: StepMemory;
  /** For a replay that selects by content, the events that match beyond a cursor; null if they are not known yet. */
  scan: ReplayScan | null;
  now: number;
}>;

export type Waits = ReadonlyMap<string, WaitReason>;

export type ReplayStep = Readonly<{
  /** The run after the step; null if it is gone. */
  run: ReplayRun | null;
  /** Deliveries made due by this step. */
  replayed: number;
  /** The targets that have no room for more, and why. */
  waits: Waits;
  /** True if no target can continue and no unknown target is left to find. */
  isStuck: boolean;
  /** If not null, nothing was done: the step needs a scan of the bodies after this id. */
  toScan: string | null;
  memory: StepMemory;
}>;

export function replayStep(file: EventFile, given: ReplayStepGiven): ReplayStep {
  const { id, memory } = given;
  const run = findReplayRun(file.db, id);
  if (run?.state !== "running") {
    return { run, replayed: 0, waits: new Map(), isStuck: false, toScan: null, memory };
  }
  // A target's room depends on its deliveries, those of the same transaction too.
  file.tally.write();
  const walk = new Walk(file, run, given);
  walk.go();
  const step = walk.end();
  updateReplayRun(file.db, step.run, given.now);
  return step;
}

/** Advances all targets whose cursors lie in one window of events, so that its events are read once. */
class Walk {
  readonly #file: EventFile;
  readonly #run: ReplayRun;
  readonly #given: ReplayStepGiven;
  /** By id. */
  readonly #existing: ReadonlyMap<string, ReplayTarget>;
  readonly #backlogs: Map<string, number>;
  readonly #stopped: Map<string, string>;
  #turn: string;
  readonly #selector: ReplaySelector;
  readonly #rooms: Rooms;
  readonly #lanes: LaneKeys;
  readonly #targets: AdvancingTargets;
  /** The last event searched for targets that the run does not know. */
  #front: string;
  #skipped = 0;
  #replayed = 0;
  #isStuck = false;
  #toScan: string | null = null;

  constructor(file: EventFile, run: ReplayRun, given: ReplayStepGiven) {
    const { memory, targets, now } = given;
    this.#file = file;
    this.#run = run;
    this.#given = given;
    this.#selector = new ReplaySelector(file, run, run.lastEventId);
    this.#lanes = createLaneKeys(file);
    this.#existing = new Map(targets.map((target) => [target.targetId, target]));
    this.#backlogs = new Map(memory.backlogs);
    this.#stopped = new Map(memory.stopped);
    this.#turn = memory.turn;
    const findTarget = (targetId: string) => this.#existing.get(targetId) ?? null;
    this.#rooms = new Rooms(file, { backlogs: this.#backlogs, findTarget, now });
    this.#targets = new AdvancingTargets(run.targets);
    this.#front = run.cursor;
    if (run.targetId !== null) this.#targets.add({ targetId: run.targetId, cursor: this.#front });
  }

  go(): void {
    if (this.#isAimless()) return;
    const start = this.#chooseStart();
    this.#isStuck = start === null;
    if (start === null) return;
    const scan = this.#selector.isByContent ? this.#scanAt(start) : null;
    if (this.#selector.isByContent && scan === null) {
      this.#toScan = start;
      return;
    }
    this.#turn = start;
    const window = scan ? { after: start, upTo: scan.upTo } : this.#selector.findWindow(start, WINDOW);
    if (window === null) return;
    const members = this.#targets.running.filter(({ cursor }) => cursor >= start && cursor < window.upTo);
    const most = members.length === 0 ? WINDOW : MOST_DUE;
    const eventIds = scan
      ? scan.eventIds.filter((id) => id > start).slice(0, most)
      : this.#selector.listEvents(window, most);
    const isWhole = eventIds.length < most;
    this.#walk(window, { eventIds, isWhole, members: new Set(members.map(({ targetId }) => targetId)) });
  }

  end(): Omit<ReplayStep, "run"> & Readonly<{ run: ReplayRun }> {
    for (const target of this.#targets.running) {
      if (this.#selector.isEnd(target.cursor)) this.#targets.set(target, { state: "done" });
    }
    this.#targets.save(this.#file.db, this.#run.id);
    const cursor = this.#front;
    const skipped = this.#run.skipped + this.#skipped;
    const moved = {
      ...this.#run,
      targets: this.#targets.all,
      cursor,
      skipped,
      replayed: this.#run.replayed + this.#replayed,
    };
    const run = { ...moved, ...this.#fate() };
    return {
      run,
      replayed: this.#replayed,
      waits: this.#waits(),
      isStuck: this.#isStuck,
      toScan: this.#toScan,
      memory: { backlogs: [...this.#backlogs], stopped: [...this.#stopped], turn: this.#turn },
    };
  }

  #fate(): Partial<Pick<ReplayRun, "state" | "reason">> {
    if (this.#isAimless()) return { state: "cancelled", reason: "The target was deleted." };
    return this.#isWholeKnown() && this.#targets.running.length === 0 ? { state: "done" } : {};
  }

  #isAimless(): boolean {
    const { targetId } = this.#run;
    return targetId !== null && !this.#existing.has(targetId);
  }

  /** Null if no target can continue. */
  #chooseStart(): string | null {
    const cursors = this.#targets.running
      .filter((target) => !this.#isStopped(target))
      .map(({ cursor }) => cursor);
    // Unknown targets are found while known ones advance, or by a step of their own once no known one can.
    return nextInTurn(cursors, this.#turn) ?? (this.#isWholeKnown() ? null : this.#front);
  }

  #scanAt(cursor: string): ReplayScan | null {
    const { scan } = this.#given;
    return scan !== null && covers(scan, cursor) ? scan : null;
  }

  #isWholeKnown(): boolean {
    return this.#run.targetId !== null || this.#selector.isEnd(this.#front);
  }

  #isStopped({ targetId, cursor }: ReplayRunTarget): boolean {
    if (this.#stopped.get(targetId) !== cursor) return false;
    return this.#existing.has(targetId) && typeof this.#rooms.of(targetId) !== "number";
  }

  #walk(
    window: Window,
    of: Readonly<{ eventIds: readonly string[]; isWhole: boolean; members: Set<string> }>,
  ): void {
    const { eventIds, members } = of;
    const isAtFront = () =>
      this.#run.targetId === null && this.#front >= window.after && this.#front < window.upTo;
    let { isWhole } = of;
    for (const eventId of eventIds) {
      const wanted = this.#selector.listTargets(eventId);
      if (isAtFront() && this.#front < eventId) this.#meet(eventId, wanted, members);
      for (const targetId of members)
        this.#pass(eventId, { targetId, isWanted: wanted.includes(targetId), members });
      if (this.#replayed >= MOST_DELIVERIES || this.#lanes.isSpent()) {
        isWhole = false;
        break;
      }
    }
    if (!isWhole) return;
    if (isAtFront()) this.#front = window.upTo;
    for (const targetId of members) this.#targets.move(targetId, window.upTo);
  }

  /** Adds targets that the run meets for the first time; they advance from here. */
  #meet(eventId: string, wanted: readonly string[], members: Set<string>): void {
    for (const targetId of wanted) {
      if (this.#targets.get(targetId) !== undefined) continue;
      if (!this.#existing.has(targetId)) {
        this.#skipped++;
        continue;
      }
      this.#targets.add({ targetId, cursor: this.#front });
      members.add(targetId);
    }
    this.#front = eventId;
  }

  #pass(eventId: string, of: { targetId: string; isWanted: boolean; members: Set<string> }): void {
    const { targetId, isWanted, members } = of;
    const target = this.#targets.get(targetId);
    if (target === undefined || target.cursor >= eventId) return;
    const { now } = this.#given;
    const found = this.#existing.get(targetId);
    if (!isWanted) {
      this.#targets.move(targetId, eventId);
    } else if (found === undefined) {
      this.#skipped++;
      this.#targets.set(target, { cursor: eventId, skipped: target.skipped + 1 });
    } else if (!this.#rooms.take(targetId)) {
      this.#stopped.set(targetId, target.cursor);
      members.delete(targetId);
    } else {
      const { orderBy } = found;
      const findOrderKey = () => (orderBy === null ? null : this.#lanes.find(eventId, orderBy));
      const isThere = replayDelivery(this.#file, { eventId, targetId, now, findOrderKey });
      if (isThere) this.#replayed++;
      this.#targets.set(target, { cursor: eventId, replayed: target.replayed + (isThere ? 1 : 0) });
    }
  }

  #waits(): Waits {
    const waits = new Map<string, WaitReason>();
    for (const target of this.#targets.running) {
      if (this.#stopped.get(target.targetId) !== target.cursor) continue;
      const room = this.#rooms.of(target.targetId);
      if (typeof room !== "number") waits.set(target.targetId, room);
    }
    return waits;
  }
}
