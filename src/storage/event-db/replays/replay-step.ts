/** Advances a replay by one bounded step inside the caller's transaction: deliveries and cursors move together. */
import { replayDelivery } from "../change-deliveries.ts";
import type { EventFile } from "../event-file.ts";
import { createLaneKeys, type LaneKeys } from "../lane-keys.ts";
import type { ReplayMemory } from "./replay-memory.ts";
import { type GivenRoom, MOST_DUE, Rooms, type WaitReason } from "./replay-room.ts";
import { findReplayRun, type ReplayRun, updateReplayRun } from "./replay-run.ts";
import { ReplaySelector, type Window } from "./replay-selection.ts";
import { newReplayTarget, type ReplayRunTarget, saveReplayTarget } from "./replay-target.ts";

/** Events read in one step, which blocks the event loop for a few milliseconds. */
const WINDOW = 500;
/** Approximate number of deliveries made due in one step: it ends with the event that reaches this number. */
const MOST_DELIVERIES = 256;

export type ReplayStepGiven = Readonly<{
  findTarget: GivenRoom["findTarget"];
  memory: ReplayMemory;
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
  /** If not null, nothing was done: the bodies after this id must be scanned first. */
  toScan: string | null;
}>;

export function replayStep(file: EventFile, id: string, given: ReplayStepGiven): ReplayStep {
  const run = findReplayRun(file.db, id);
  if (run?.state !== "running") return { run, replayed: 0, waits: new Map(), isStuck: false, toScan: null };
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
  readonly #selector: ReplaySelector;
  readonly #rooms: Rooms;
  readonly #lanes: LaneKeys;
  readonly #targets: Map<string, ReplayRunTarget>;
  /** The last event searched for targets that the run does not know. */
  #front: string;
  #skipped = 0;
  #replayed = 0;
  #isStuck = false;
  #toScan: string | null = null;

  constructor(file: EventFile, run: ReplayRun, given: ReplayStepGiven) {
    const { memory, findTarget, now } = given;
    this.#file = file;
    this.#run = run;
    this.#given = given;
    this.#selector = new ReplaySelector(file, run, run.lastEventId);
    this.#lanes = createLaneKeys(file);
    this.#rooms = new Rooms(file, { backlogs: memory.backlogs, findTarget, now });
    this.#targets = new Map(run.targets.map((target) => [target.targetId, target]));
    this.#front = run.cursor;
    if (run.targetId !== null) this.#add(run.targetId);
  }

  go(): void {
    if (this.#isAimless()) return;
    const start = this.#chooseStart();
    this.#isStuck = start === null;
    if (start === null) return;
    const scan = this.#selector.isByContent ? this.#given.memory.findScan(start) : null;
    if (this.#selector.isByContent && scan === null) {
      this.#toScan = start;
      return;
    }
    const window = scan ? { after: start, upTo: scan.upTo } : this.#selector.findWindow(start, WINDOW);
    if (window === null) return;
    const members = this.#running().filter(({ cursor }) => cursor >= start && cursor < window.upTo);
    const most = members.length === 0 ? WINDOW : MOST_DUE;
    const eventIds = scan
      ? scan.eventIds.filter((id) => id > start).slice(0, most)
      : this.#selector.listEvents(window, most);
    const isWhole = eventIds.length < most;
    this.#walk(window, { eventIds, isWhole, members: new Set(members.map(({ targetId }) => targetId)) });
  }

  end(): Omit<ReplayStep, "run"> & Readonly<{ run: ReplayRun }> {
    for (const target of this.#running()) {
      if (this.#selector.isEnd(target.cursor)) this.#set(target, { state: "done" });
    }
    const before = new Map(this.#run.targets.map((target) => [target.targetId, target]));
    for (const target of this.#targets.values()) {
      if (before.get(target.targetId) !== target) saveReplayTarget(this.#file.db, this.#run.id, target);
    }
    const targets = [...this.#targets.values()];
    const cursor = this.#front;
    const skipped = this.#run.skipped + this.#skipped;
    const moved = { ...this.#run, targets, cursor, skipped, replayed: this.#run.replayed + this.#replayed };
    const run = { ...moved, ...this.#fate() };
    return {
      run,
      replayed: this.#replayed,
      waits: this.#waits(),
      isStuck: this.#isStuck,
      toScan: this.#toScan,
    };
  }

  #fate(): Partial<Pick<ReplayRun, "state" | "reason">> {
    if (this.#isAimless()) return { state: "cancelled", reason: "The target was deleted." };
    return this.#isWholeKnown() && this.#running().length === 0 ? { state: "done" } : {};
  }

  #isAimless(): boolean {
    const { targetId } = this.#run;
    return targetId !== null && this.#given.findTarget(targetId) === null;
  }

  #running(): readonly ReplayRunTarget[] {
    return [...this.#targets.values()].filter(({ state }) => state === "running");
  }

  /** Null if no target can continue. */
  #chooseStart(): string | null {
    const { memory } = this.#given;
    const cursors = this.#running()
      .filter((target) => !this.#isStopped(target))
      .map(({ cursor }) => cursor)
      .sort();
    const start = cursors.find((cursor) => cursor > memory.turn) ?? cursors[0];
    // Unknown targets are found while known ones advance, or by a step of their own once no known one can.
    if (start === undefined) return this.#isWholeKnown() ? null : this.#front;
    memory.turn = start;
    return start;
  }

  #isWholeKnown(): boolean {
    return this.#run.targetId !== null || this.#selector.isEnd(this.#front);
  }

  #isStopped({ targetId, cursor }: ReplayRunTarget): boolean {
    if (this.#given.memory.stopped.get(targetId) !== cursor) return false;
    return this.#given.findTarget(targetId) !== null && typeof this.#rooms.of(targetId) !== "number";
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
    for (const targetId of members) this.#move(targetId, window.upTo);
  }

  /** Adds targets that the run meets for the first time; they advance from here. */
  #meet(eventId: string, wanted: readonly string[], members: Set<string>): void {
    for (const targetId of wanted) {
      if (this.#targets.has(targetId)) continue;
      if (this.#given.findTarget(targetId) === null) {
        this.#skipped++;
        continue;
      }
      this.#add(targetId);
      members.add(targetId);
    }
    this.#front = eventId;
  }

  #pass(eventId: string, of: { targetId: string; isWanted: boolean; members: Set<string> }): void {
    const { targetId, isWanted, members } = of;
    const target = this.#targets.get(targetId);
    if (target === undefined || target.cursor >= eventId) return;
    const { findTarget, memory, now } = this.#given;
    const found = findTarget(targetId);
    if (!isWanted) {
      this.#move(targetId, eventId);
    } else if (found === null) {
      this.#skipped++;
      this.#set(target, { cursor: eventId, skipped: target.skipped + 1 });
    } else if (!this.#rooms.take(targetId)) {
      memory.stopped.set(targetId, target.cursor);
      members.delete(targetId);
    } else {
      const { orderBy } = found;
      const findOrderKey = () => (orderBy === null ? null : this.#lanes.find(eventId, orderBy));
      const isThere = replayDelivery(this.#file, { eventId, targetId, now, findOrderKey });
      if (isThere) this.#replayed++;
      this.#set(target, { cursor: eventId, replayed: target.replayed + (isThere ? 1 : 0) });
    }
  }

  #move(targetId: string, cursor: string): void {
    const target = this.#targets.get(targetId);
    if (target !== undefined && target.cursor < cursor) this.#set(target, { cursor });
  }

  #add(targetId: string): void {
    if (this.#targets.has(targetId)) return;
    this.#targets.set(targetId, newReplayTarget({ targetId, cursor: this.#front }));
  }

  #set(target: ReplayRunTarget, change: Partial<ReplayRunTarget>): void {
    this.#targets.set(target.targetId, { ...target, ...change });
  }

  #waits(): Waits {
    const waits = new Map<string, WaitReason>();
    for (const target of this.#running()) {
      if (this.#given.memory.stopped.get(target.targetId) !== target.cursor) continue;
      const room = this.#rooms.of(target.targetId);
      if (typeof room !== "number") waits.set(target.targetId, room);
    }
    return waits;
  }
}
