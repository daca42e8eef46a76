/** Says of a stored event which targets' filters kept it from them or could not judge it, and why. */
import { storedHead, unpackAhead } from "../bodies/body-content.ts";
import { NO } from "../filters/judge.ts";
import { createTargetFilter, FilterSubject } from "../filters/target-filter.ts";
import type { FilterMarks } from "../storage/event-db/filter-marks.ts";
import type { FilterMark, StoredEvent } from "../storage/event-db/types.ts";
import { wantsOf } from "../targets/filter-policy.ts";
import type { Target } from "./targets.ts";

export type FilterFate = Readonly<{
  targetId: string;
  /** `filtered`: the target did not get it; `unjudged`: it did, as its filter could not judge it. */
  fate: "filtered" | "unjudged";
  /** Why, by the target's present filter; null where that would let the event through, or the target was deleted. */
  reason: string | null;
  /** The filter is another one than when the event came. */
  isChanged: boolean;
}>;

/** Looks at the event again, as only the outcome is stored. */
export async function listFilterFates(of: {
  event: StoredEvent;
  marks: FilterMarks;
  targets: readonly Pick<Target, "id" | "policy">[];
}): Promise<readonly FilterFate[]> {
  const { event, marks, targets } = of;
  if (marks.filtered.length + marks.unjudged.length === 0) return [];
  await unpackAhead(event.body, storedHead(event));
  const subject = new FilterSubject(event);

  function look({ targetId, fingerprint }: FilterMark, fate: FilterFate["fate"]): FilterFate {
    const target = targets.find(({ id }) => id === targetId);
    const filter = target === undefined ? null : createTargetFilter(wantsOf(target.policy));
    const isChanged = target !== undefined && filter?.fingerprint !== fingerprint;
    const { verdict, reason } = filter?.explain(subject) ?? { verdict: null, reason: null };
    const isStillSo = fate === "unjudged" || verdict === NO;
    return { targetId, fate, reason: isStillSo ? reason : null, isChanged };
  }

  return [
    ...marks.filtered.map((mark) => look(mark, "filtered")),
    ...marks.unjudged.map((mark) => look(mark, "unjudged")),
  ];
}
