/** Judges values by conditions as the tests write them: in a body, as events have them. */

import type { FilteredEvent } from "../../src/filters/filtered-event.ts";
import { NO, UNKNOWN, type Verdict } from "../../src/filters/judge.ts";
import { FilterSubject, TargetFilter } from "../../src/filters/target-filter.ts";

export const JSON_TYPE = "application/json";

export function eventOf(given: Partial<FilteredEvent> & { json?: unknown; text?: string }): FilteredEvent {
  const { json, text, ...parts } = given;
  const contentType = parts.contentType ?? JSON_TYPE;
  return {
    type: null,
    method: "POST",
    pathTail: "",
    query: "",
    contentType,
    headers: [["content-type", contentType]],
    body: new TextEncoder().encode(text ?? JSON.stringify(json === undefined ? {} : json)),
    ...parts,
  };
}

const WORDS: Readonly<Record<Verdict, "no" | "unknown" | "yes">> = {
  [NO]: "no",
  [UNKNOWN]: "unknown",
  2: "yes",
};

/** Returns a filter's verdict on an event, in a word. */
export function judged(filter: unknown, event: FilteredEvent, eventTypes: readonly string[] = []) {
  return WORDS[new TargetFilter({ eventTypes, filter }).judge(new FilterSubject(event))];
}

/** Whether a condition holds for a value, which stands in a JSON body. */
export function holds(condition: unknown, value: unknown): boolean {
  return judged({ body: { it: condition } }, eventOf({ json: { it: value } })) === "yes";
}

/** Whether it holds for the value as it is written. */
export function holdsFor(condition: unknown, written: string): boolean {
  return judged({ body: { it: condition } }, eventOf({ text: `{"it":${written}}` })) === "yes";
}

/** Why not. */
export function reasonOf(filter: unknown, event: FilteredEvent, eventTypes: readonly string[] = []) {
  return new TargetFilter({ eventTypes, filter }).explain(new FilterSubject(event)).reason;
}
