/** Says in words what a replay takes and where to. */
import type { EventFilter } from "../../storage/event-db/event-search.ts";
import type { ReplayOrder } from "../../storage/event-db/replay-run.ts";
import type { Target } from "../../webhooks/targets.ts";
import { formatCount, formatUtc } from "../components/format.ts";
import type { Names } from "../events/names.ts";

type NamesOf = Pick<Names, "entrypoint" | "target">;

export function describeSelection({ selection }: ReplayOrder, names: NamesOf): string {
  if (selection.kind === "events") return formatCount(selection.eventIds.length, "chosen event");
  const words = describeFilter(selection.filter, names);
  return words.length === 0 ? "all of them" : words.join(", ");
}

function describeFilter(filter: EventFilter, names: NamesOf): readonly string[] {
  const { from, to, entrypointId, targetId, status, method, type, text } = filter;
  return [
    status === undefined ? "" : status,
    targetId === undefined ? "" : `to ${names.target(targetId).name}`,
    entrypointId === undefined ? "" : `through ${names.entrypoint(entrypointId).name}`,
    method === undefined ? "" : method,
    type === undefined ? "" : `of type ${type}`,
    text === undefined ? "" : `with “${text}”`,
    from === undefined ? "" : `from ${formatUtc(from)}`,
    to === undefined ? "" : `until ${formatUtc(to)}`,
  ].filter((word) => word !== "");
}

export function describeDestination({ targetId, onlyMissing }: ReplayOrder, names: NamesOf): string {
  if (targetId === null) return "the same targets";
  const { name } = names.target(targetId);
  return onlyMissing ? `${name}, only what it never had` : name;
}

/** A replay to any other waits. */
export function takesDeliveries({ active, pausedAt }: Pick<Target, "active" | "pausedAt">): boolean {
  return active && pausedAt === null;
}
