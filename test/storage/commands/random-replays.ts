/** Makes random commands for replays of many events, and remembers what their steps leave to the next. */
import { HOUR_MS } from "../../../src/lib/clock.ts";
import type { Command } from "../../../src/storage/commands/table.ts";
import type { EventFile } from "../../../src/storage/event-db/event-file.ts";
import type { EventFilter } from "../../../src/storage/event-db/event-filter.ts";
import type { ReplayChange } from "../../../src/storage/event-db/replays/replay-change.ts";
import type { ReplayScan, StepMemory } from "../../../src/storage/event-db/replays/replay-memory.ts";
import { listReplayRuns, type ReplayRun } from "../../../src/storage/event-db/replays/replay-run.ts";
import { ReplaySelector } from "../../../src/storage/event-db/replays/replay-selection.ts";
import type { ReplayStep } from "../../../src/storage/event-db/replays/replay-step.ts";
import { newReplayTarget } from "../../../src/storage/event-db/replays/replay-target.ts";
import { type Draw, TARGETS } from "./draw.ts";

const NOTHING: StepMemory = { backlogs: [], stopped: [], turn: "" };

export class RandomReplays {
  readonly #file: EventFile;
  readonly #draw: Draw;
  readonly #left = new Map<string, Pick<ReplayStep, "memory" | "toScan">>();

  constructor(file: EventFile, draw: Draw) {
    this.#file = file;
    this.#draw = draw;
  }

  learn(command: Command, result: unknown): void {
    if (command.name === "replayStep" && isStep(result)) this.#left.set(command.id, result);
  }

  insert(now: number): Command<"insertReplayRun"> {
    const filters: EventFilter[] = [
      {},
      { text: "needle" },
      { from: now - this.#draw.below(HOUR_MS) },
      { status: "delivered" },
    ];
    const order = {
      selection: { kind: "filter", filter: this.#draw.pick(filters) },
      targetId: this.#draw.chance(0.3) ? this.#draw.pick(TARGETS) : null,
      onlyMissing: this.#draw.chance(0.5),
    } as const;
    return { name: "insertReplayRun", run: { ...order, id: this.#draw.id(now), askedBy: "ada", now } };
  }

  change(now: number): Command<"changeReplayRun"> {
    const run = this.#pickRun(["counting", "paused", "running"]);
    const kinds =
      run?.state === "counting"
        ? (["start"] as const)
        : run?.state === "paused"
          ? (["resume"] as const)
          : (["pause", "cancel", "removeTarget"] as const);
    const kind = this.#draw.pick(kinds);
    return {
      name: "changeReplayRun",
      id: run?.id ?? this.#draw.id(now),
      change: this.#changeOf(kind, run),
      now,
    };
  }

  step(now: number): Command<"replayStep"> {
    const run = this.#pickRun(["running"]);
    const { memory = NOTHING, toScan = null } = (run && this.#left.get(run.id)) ?? {};
    const targets = this.#draw.some(TARGETS, 0.95).map((targetId) => ({
      targetId,
      active: this.#draw.chance(0.95),
      paused: this.#draw.chance(0.1),
      orderBy: this.#draw.chance(0.3) ? "customer" : null,
    }));
    const scan = run && toScan !== null ? this.#scan(run, toScan) : null;
    return { name: "replayStep", id: run?.id ?? this.#draw.id(now), targets, memory, scan, now };
  }

  #changeOf(kind: ReplayChange["kind"], run: ReplayRun | null): ReplayChange {
    if (kind === "removeTarget")
      return { kind, targetId: this.#draw.pick(TARGETS), isThere: this.#draw.chance(0.8) };
    if (kind !== "start") return { kind };
    const cursor = run?.cursor ?? "";
    const known = this.#draw.chance(0.5) ? [this.#draw.pick(TARGETS)] : [];
    return {
      kind,
      matched: {
        events: this.#draw.below(20),
        deliveries: this.#draw.below(20),
        isExact: this.#draw.chance(0.5),
        notSearched: 0,
      },
      targets: known.map((targetId) => newReplayTarget({ targetId, cursor, matched: this.#draw.below(9) })),
      cursor,
      skipped: 0,
    };
  }

  /** Scans as a worker does. */
  #scan(run: ReplayRun, after: string): ReplayScan {
    const selector = new ReplaySelector(this.#file, run, run.lastEventId);
    const window = selector.findWindow(after, 1_000);
    const scan = window && selector.scan(window);
    if (window === null || scan === null) return { after, upTo: run.lastEventId, eventIds: [] };
    for (const _part of scan.run());
    return { after, upTo: scan.isWhole ? window.upTo : scan.reached, eventIds: scan.ids };
  }

  #pickRun(states: readonly ReplayRun["state"][]): ReplayRun | null {
    const runs = listReplayRuns(this.#file.db);
    const wanted = runs.filter(({ state }) => states.includes(state));
    const among = wanted.length > 0 ? wanted : runs;
    return among.length === 0 ? null : this.#draw.pick(among);
  }
}

function isStep(result: unknown): result is ReplayStep {
  return typeof result === "object" && result !== null && "memory" in result && "toScan" in result;
}
