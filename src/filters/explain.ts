/** Says in one sentence why a value does not meet a condition: the first reason, with the value that was found. */
import type { Work } from "../bodies/json-text.ts";
import type { Comparison, Condition, Constant, Field, ValueTest } from "./condition.ts";
import { type FilterValue, TOO_MUCH } from "./filter-value.ts";
import { judge, NO, passesOne } from "./judge.ts";

/** Says why a value was judged NO. `place` is such as "body.amount"; "" for the whole event. */
export function explain(condition: Condition, value: FilterValue, place: string, work: Work): string {
  switch (condition.kind) {
    case "exists":
      return condition.isWanted ? `${place} is missing` : `${place} exists`;
    case "not":
      return `${place === "" ? "the event" : place} meets what $not excludes`;
    case "all":
      return explainAll(condition.conditions, value, place, work);
    case "any":
      return explainAny(condition.conditions, value, place, work);
  }
  if (value.kind === "missing") return `${place} is missing`;
  switch (condition.kind) {
    case "fields":
      return explainFields(condition, value, place, work);
    case "contains":
      return explainContains(condition.items, value, place, work);
    case "equals":
      return explainUnlike(value, place, shown(condition.constant));
    case "passes":
      return explainTests(condition.tests, value, place, work);
    case "fails":
      return value.kind === "list"
        ? `an item of ${place} is excluded by $nin`
        : `${place} is ${found(value)}, which $nin excludes`;
    case "same":
      return condition.isNegated
        ? `${place} is ${found(value)}, which $neq excludes`
        : `${place} is ${found(value)}, not ${shown(condition.constant)}`;
  }
}

function explainAll(conditions: readonly Condition[], value: FilterValue, place: string, work: Work): string {
  const failing = conditions.find((each) => judge(each, value, work) === NO);
  return failing === undefined ? TOO_MUCH.text() : explain(failing, value, place, work);
}

function explainAny(conditions: readonly Condition[], value: FilterValue, place: string, work: Work): string {
  const [first, second] = conditions;
  if (first === undefined) return TOO_MUCH.text();
  const why = explain(first, value, place, work);
  return second === undefined ? why : `none of ${conditions.length} alternatives holds; of the first, ${why}`;
}

function explainFields(
  condition: Readonly<{ kind: "fields"; fields: readonly Field[] }>,
  value: FilterValue,
  place: string,
  work: Work,
): string {
  if (value.kind === "list") return explainItem(condition, value, place, work);
  if (value.kind !== "object") return `${place} is ${found(value)}, not an object`;
  const failing = condition.fields.find(
    (field) => judge(field.condition, value.member(field.name), work) === NO,
  );
  if (failing === undefined) return TOO_MUCH.text();
  const { name } = failing;
  return explain(failing.condition, value.member(name), placeWithin(place, name.text), work);
}

function explainContains(items: readonly Condition[], value: FilterValue, place: string, work: Work): string {
  if (value.kind !== "list") return `${place} is ${found(value)}, not a list`;
  const failing = items.find((each) => judge({ kind: "contains", items: [each] }, value, work) === NO);
  return failing === undefined ? TOO_MUCH.text() : explainItem(failing, value, place, work);
}

/** Says why no item of a list meets the condition. */
function explainItem(condition: Condition, list: FilterValue, place: string, work: Work): string {
  if (condition.kind === "equals") return explainUnlike(list, place, shown(condition.constant));
  const first = firstItemOf(list);
  if (first === null) return `${place} is an empty list`;
  return `no item of ${place} matches; of the first, ${explain(condition, first, placeWithin(place, "0"), work)}`;
}

function firstItemOf(list: FilterValue): FilterValue | null {
  let first: FilterValue | null = null;
  list.someItem((item) => {
    first = item;
    return true;
  });
  return first;
}

function explainTests(tests: readonly ValueTest[], value: FilterValue, place: string, work: Work): string {
  if (value.kind === "list") return explainUnlike(value, place, tests.map(wanted).join(" and "));
  const read = { kind: value.kind, text: value.text() };
  const failing = tests.find((test) => !passesOne(test, read, work));
  return failing === undefined ? TOO_MUCH.text() : explainUnlike(value, place, wanted(failing));
}

function explainUnlike(value: FilterValue, place: string, what: string): string {
  return value.kind === "list"
    ? `no item of ${place} is ${what}`
    : `${place} is ${found(value)}, not ${what}`;
}

const SIGNS: Readonly<Record<Comparison, string>> = { $gt: ">", $gte: "≥", $lt: "<", $lte: "≤" };

const PLACES = { anywhere: "with", start: "that starts with", end: "that ends with" } as const;

function wanted(test: ValueTest): string {
  switch (test.kind) {
    case "compare":
      return `${SIGNS[test.by]} ${shown(test.with)}`;
    case "one of":
      return listed(test.constants.map(shown));
    case "text with":
      return `a text ${PLACES[test.where]} ${listed(test.texts.map(quoted))}`;
  }
}

/** More are only counted. */
const MOST_LISTED = 5;

function listed(all: readonly string[]): string {
  if (all.length <= 1) return all[0] ?? "any of none";
  const more = all.length - MOST_LISTED;
  return more > 0
    ? `one of ${all.slice(0, MOST_LISTED).join(", ")} and ${more} more`
    : `one of ${all.join(", ")}`;
}

/** Characters shown of a value. */
const LONGEST_SHOWN = 80;

function shown(constant: Constant): string {
  if (constant.kind === "list") return "the list given";
  if (constant.kind === "object") return "the object given";
  return constant.kind === "text" ? quoted(constant.text) : shortened(constant.text);
}

function found(value: FilterValue): string {
  if (value.kind === "list") return "a list";
  if (value.kind === "object") return "an object";
  return value.kind === "text" ? quoted(value.text()) : shortened(value.text());
}

function quoted(text: string): string {
  return JSON.stringify(shortened(text));
}

function shortened(text: string): string {
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

const PLAIN_NAME = /^[\w-]{1,80}$/;

function placeWithin(place: string, name: string): string {
  if (!PLAIN_NAME.test(name)) return `${place}[${quoted(name)}]`;
  return place === "" ? name : `${place}.${name}`;
}
