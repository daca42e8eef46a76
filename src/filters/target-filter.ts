/** Choice of a target among its webhook's events: event types and a filter, compiled once and asked for every event. */
import { createHash } from "node:crypto";
import type { Work } from "../bodies/json-text.ts";
import { type Condition, fieldName } from "./condition.ts";
import { isWantedType } from "./event-types.ts";
import { explain } from "./explain.ts";
import { type FilterValue, TOO_MUCH } from "./filter-value.ts";
import { eventValue, type FilteredEvent } from "./filtered-event.ts";
import { judge, NO, UNKNOWN, type Verdict, YES } from "./judge.ts";
import { parseFilter } from "./parse-filter.ts";

/** Most that one filter may look at in one event, in names, items and conditions: a few milliseconds. */
export const MAX_WORK = 20_000;

/** Part of the target's settings; an empty list and null want everything. */
export type Wants = Readonly<{ eventTypes: readonly string[]; filter: unknown }>;

/** NO: the target does not get the event. UNKNOWN: it cannot be judged, and the target gets it. */
export type Judgement = Readonly<{ verdict: Verdict; reason: string | null }>;

/** One event, for all the filters that judge it. */
export class FilterSubject {
  readonly type: string | null;
  readonly value: FilterValue;
  readonly work: Work = { left: 0 };

  constructor(event: FilteredEvent) {
    this.type = event.type;
    this.value = eventValue(event, this.work);
  }
}

export class TargetFilter {
  /** Is another one where event types or filter are others. */
  readonly fingerprint: string;
  /** Whether it looks into bodies. */
  readonly readsBody: boolean;
  readonly #eventTypes: readonly string[];
  readonly #condition: Condition | null;

  /** Throws where the filter has a fault: it was stored by nothing that checks it. */
  constructor({ eventTypes, filter }: Wants) {
    this.#eventTypes = eventTypes;
    this.#condition = filter === null ? null : compile(filter);
    this.readsBody = this.#condition !== null && readsBody(this.#condition);
    const text = JSON.stringify([eventTypes, filter]);
    this.fingerprint = createHash("sha256").update(text).digest("hex").slice(0, 12);
  }

  judge(subject: FilterSubject): Verdict {
    const byType = this.#judgeType(subject);
    if (this.#condition === null || byType === NO) return byType;
    subject.work.left = MAX_WORK;
    const byFilter = judge(this.#condition, subject.value, subject.work);
    return byFilter === YES ? byType : byFilter;
  }

  /** As `judge`, with the reason; slower. */
  explain(subject: FilterSubject): Judgement {
    const byType = this.#judgeType(subject);
    if (byType === NO)
      return { verdict: NO, reason: `type is ${JSON.stringify(subject.type)}, not ${this.#types()}` };
    const verdict = this.judge(subject);
    if (verdict === YES) return { verdict, reason: null };
    if (verdict === UNKNOWN) return { verdict, reason: this.#whyUnknown(subject, byType) };
    const { work } = subject;
    work.left = MAX_WORK;
    const reason = this.#condition === null ? null : explain(this.#condition, subject.value, "", work);
    return { verdict, reason };
  }

  #judgeType({ type }: FilterSubject): Verdict {
    if (this.#eventTypes.length === 0) return YES;
    if (type === null) return UNKNOWN;
    return isWantedType(this.#eventTypes, type) ? YES : NO;
  }

  #types(): string {
    const all = this.#eventTypes;
    return all.length === 1 ? (all[0] ?? "") : `one of ${all.join(", ")}`;
  }

  #whyUnknown({ value, work }: FilterSubject, byType: Verdict): string {
    if (byType === UNKNOWN) return "The event has no type.";
    const body = value.member(BODY);
    if (body.kind === "unreadable") return body.text();
    return work.left < 0 ? TOO_MUCH.text() : "A field of the form is not valid text.";
  }
}

const BODY = fieldName("body");

/** Null where the target wants everything. */
export function createTargetFilter(wants: Wants): TargetFilter | null {
  const wantsAll = wants.eventTypes.length === 0 && wants.filter === null;
  return wantsAll ? null : new TargetFilter(wants);
}

function compile(filter: unknown): Condition {
  const parsed = parseFilter(filter);
  if ("condition" in parsed) return parsed.condition;
  const [fault] = parsed.faults;
  throw new Error(`the filter is not valid at ${fault?.path.join(".")}: ${fault?.message}`);
}

/** The event's own names stand outermost, below nothing but `$and`, `$or` and `$not`. */
function readsBody(condition: Condition): boolean {
  switch (condition.kind) {
    case "fields":
      return condition.fields.some(({ name }) => name.text === "body");
    case "all":
    case "any":
      return condition.conditions.some(readsBody);
    case "not":
      return readsBody(condition.condition);
    default:
      return false;
  }
}
