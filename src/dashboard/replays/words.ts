/** Describes a replay's selection, destination and progress in words. */

import type { SeenTarget } from "../../replays/replay-runs.ts";
import type { EventFilter } from "../../storage/event-db/event-filter.ts";
import type { ReplayCount, ReplayOrder } from "../../storage/event-db/replays/replay-run.ts";
import type { Target } from "../../webhooks/targets.ts";
import { formatCount, formatUtc } from "../components/format.ts";
import type { Names } from "../events/names.ts";

type NamesOf = Pick<Names, "entrypoint" | "target">;

export function describeSelection({ selection }: ReplayOrder, names: NamesOf): string {
  if (selection.kind === "events") return formatCount(selection.eventIds.length, "selected event");
  const words = describeFilter(selection.filter, names);
  return words.length === 0 ? "all events" : words.join(", ");
}

function describeFilter(filter: EventFilter, names: NamesOf): readonly string[] {
  const { from, to, entrypointId, targetId, status, answer, method, type, text, fields = [] } = filter;
  return [
    status === undefined ? "" : status,
    targetId === undefined ? "" : `to ${names.target(targetId).name}`,
    entrypointId === undefined ? "" : `through ${names.entrypoint(entrypointId).name}`,
    answer === undefined ? "" : `last answer ${answer}`,
    method === undefined ? "" : method,
    type === undefined ? "" : `of type ${type}`,
    text === undefined ? "" : `with “${text}”`,
    ...fields.map(({ name, value }) => `with ${name} ${value}`),
    from === undefined ? "" : `from ${formatUtc(from)}`,
    to === undefined ? "" : `until ${formatUtc(to)}`,
  ].filter((word) => word !== "");
}

export function describeDestination({ targetId, onlyMissing }: ReplayOrder, names: NamesOf): string {
  if (targetId === null) return "the same targets";
  const { name } = names.target(targetId);
  return onlyMissing ? `${name}, only events it never received` : name;
}

/** Describes what one of a replay's targets waits for, or its end; "" while it progresses. */
export function describeWait({ state, waitsFor }: Pick<SeenTarget, "state" | "waitsFor">): string {
  if (state === "removed") return "skipped: the replay continues without it";
  if (state === "done") return "done";
  switch (waitsFor) {
    case null:
      return "";
    case "paused":
      return "paused: waiting until you resume it";
    case "due":
      return "waiting for deliveries that are queued";
    case "retries":
      return "failing: waiting for its retries to end";
  }
}

/** Returns "" if everything could be searched. */
export function describeNotSearched(count: ReplayCount | null): string {
  if (count === null || count.notSearched === 0) return "";
  const { notSearched, isExact } = count;
  return `${isExact ? "" : "at least "}${formatCount(notSearched, "event")} could not be searched for the text and ${notSearched === 1 ? "is" : "are"} left out`;
}

/** Returns false for a target to which nothing is replayed for now. */
export function takesDeliveries({ active, pausedAt }: Pick<Target, "active" | "pausedAt">): boolean {
  return active && pausedAt === null;
}
