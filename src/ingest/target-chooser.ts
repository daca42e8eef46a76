/** Chooses which of a route's targets get an event: those that want it, each in its lane. */
import { storedHead } from "../bodies/body-content.ts";
import { bodyValuesOf } from "../bodies/body-values.ts";
import { orderKeyOf } from "../bodies/order-key.ts";
import type { FilteredEvent } from "../filters/filtered-event.ts";
import { NO, UNKNOWN } from "../filters/judge.ts";
import { createTargetFilter, FilterSubject, type TargetFilter } from "../filters/target-filter.ts";
import { errorMessage } from "../lib/errors.ts";
import type { Logger } from "../observability/log.ts";
import type { EventDraft, EventGoal, FilterMark } from "../storage/event-db/types.ts";
import type { Route, RouteTarget } from "../storage/main-db/routing.ts";

export type Chosen = Pick<EventDraft, "targets" | "filtered" | "unjudged">;

export type TargetChooser = Readonly<{
  /** Whether an event's body is looked into. */
  readsBody: (route: Route) => boolean;
  /** Null where every target gets the event, in no order. */
  choose: (route: Route, event: FilteredEvent) => Chosen | null;
}>;

type Compiled = Readonly<{ filter: TargetFilter; mark: FilterMark }>;

/** Filters are compiled once and kept as long as the routing keeps their route. */
export function createTargetChooser({ log }: { log: Logger }): TargetChooser {
  const known = new WeakMap<RouteTarget, Compiled | null>();

  /** Null for a target that gets all. So does one whose filter cannot be read: nothing is lost of what it may want. */
  function compile({ id: targetId, wants }: RouteTarget): Compiled | null {
    if (wants === undefined) return null;
    try {
      const filter = createTargetFilter(wants);
      return filter && { filter, mark: { targetId, fingerprint: filter.fingerprint } };
    } catch (error) {
      const fields = { target_id: targetId, cause: errorMessage(error) };
      log.error("a target's filter cannot be read; it gets every event", fields);
      return null;
    }
  }

  function filterOf(target: RouteTarget): Compiled | null {
    const before = known.get(target);
    if (before !== undefined) return before;
    const compiled = compile(target);
    known.set(target, compiled);
    return compiled;
  }

  /** Null where all get it, and no filter was left in doubt. */
  function filter(targets: readonly RouteTarget[], event: FilteredEvent) {
    const subject = new FilterSubject(event);
    const wanting: RouteTarget[] = [];
    const filtered: FilterMark[] = [];
    const unjudged: FilterMark[] = [];
    for (const target of targets) {
      const compiled = filterOf(target);
      const verdict = compiled?.filter.judge(subject);
      if (compiled && verdict === NO) filtered.push(compiled.mark);
      else wanting.push(target);
      if (compiled && verdict === UNKNOWN) unjudged.push(compiled.mark);
    }
    return filtered.length + unjudged.length === 0 ? null : { targets: wanting, filtered, unjudged };
  }

  return {
    readsBody: ({ targets }) =>
      targets.some((target) => target.orderBy !== undefined || filterOf(target)?.filter.readsBody === true),
    choose({ targets: all }, event) {
      const filtered = all.some(({ wants }) => wants !== undefined) ? filter(all, event) : null;
      const targets = filtered?.targets ?? all;
      return targets.some(keepsOrder) ? { ...filtered, targets: inLanes(targets, event) } : filtered;
    },
  };
}

function keepsOrder(target: RouteTarget): boolean {
  return target.orderBy !== undefined;
}

function inLanes(targets: readonly RouteTarget[], event: FilteredEvent): readonly EventGoal[] {
  const values = bodyValuesOf(event.body, () => storedHead(event));
  return targets.map((target) => {
    const orderKey = target.orderBy === undefined ? null : orderKeyOf(values, target.orderBy);
    return orderKey === null ? target : { ...target, orderKey };
  });
}
