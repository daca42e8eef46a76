/** Reads a filter document into its conditions. Hookdeck's syntax; the manual's chapter on filters describes it. */
import { isRecord } from "../lib/records.ts";
import { type Comparison, type Condition, type Field, fieldName, type ValueTest } from "./condition.ts";
import { below, type FilterFault, FilterReading, type Place } from "./filter-reading.ts";

/** Parts of an event that a filter may look at. */
export const FILTER_KEYS = ["type", "method", "path", "query", "headers", "body"] as const;

export type ParsedFilter = Readonly<{ condition: Condition } | { faults: readonly FilterFault[] }>;

/** Accepts any value, such as the outcome of JSON.parse. */
export function parseFilter(document: unknown): ParsedFilter {
  const parser = new FilterParser();
  const condition = parser.condition(document, { path: [], level: 1, names: "event" });
  return parser.faults.length > 0 ? { faults: parser.faults } : { condition };
}

/** Meaning of the names in an object: parts of an event, headers (in any case), or members of a value. */
type Names = "event" | "headers" | "members";
type At = Place & Readonly<{ names: Names }>;

/** Stands in for what has a fault. */
const NOTHING: Condition = { kind: "all", conditions: [] };

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  $gt: "$gt",
  $gte: "$gte",
  $lt: "$lt",
  $lte: "$lte",
};

/** People who know MongoDB's or Hookdeck's operators write these. */
const HINTS = new Map([
  ["$exists", "is not an operator; use $exist"],
  ["$ne", "is not an operator; use $neq"],
  ["$ref", "is not supported: a filter compares with fixed values"],
  ["$regex", "is not supported; use $startsWith, $endsWith or $in"],
]);

class FilterParser {
  readonly #reading = new FilterReading();

  get faults(): readonly FilterFault[] {
    return this.#reading.faults;
  }

  condition(value: unknown, at: At): Condition {
    if (isRecord(value)) return this.#reading.mayEnter(at) ? this.#object(value, at) : NOTHING;
    if (at.names !== "members") return this.#refuse(at, WANTED[at.names]);
    if (!Array.isArray(value)) return { kind: "equals", constant: this.#reading.scalar(value, at) };
    this.#reading.count(at);
    if (!this.#reading.mayEnter(at)) return NOTHING;
    return {
      kind: "contains",
      items: value.map((item, index) => this.condition(item, into(at, String(index)))),
    };
  }

  /** All that stands in one object has to hold. */
  #object(object: object, at: At): Condition {
    const conditions: Condition[] = [];
    const fields: Field[] = [];
    const tests: ValueTest[] = [];
    let operators = 0;
    for (const [key, value] of Object.entries(object)) {
      if (key === "$and" || key === "$or" || key === "$not") {
        conditions.push(this.#logical(key, value, { ...into(at, key), names: at.names }));
      } else if (key.startsWith("$")) {
        operators++;
        this.#operator({ key, value, at: into(at, key), names: at.names }, { conditions, tests });
      } else fields.push(this.#field(key, value, at));
    }
    if (fields.length > 0 && operators > 0) {
      return this.#refuse(at, "mixes operators with fields; put each into an object of its own within $and");
    }
    if (tests.length > 0) conditions.unshift({ kind: "passes", tests });
    if (fields.length > 0) conditions.unshift({ kind: "fields", fields });
    if (conditions.length === 0) {
      this.#reading.count(at);
      return at.names === "members" ? { kind: "fields", fields } : NOTHING;
    }
    const [only] = conditions;
    return conditions.length === 1 && only !== undefined ? only : { kind: "all", conditions };
  }

  #field(key: string, value: unknown, at: At): Field {
    const place = into(at, key);
    if (at.names === "headers") {
      return { name: fieldName(key.toLowerCase()), condition: this.condition(value, place) };
    }
    const isKnown = at.names === "members" || FILTER_KEYS.some((known) => known === key);
    if (!isKnown) {
      const message = `is not a part of an event; a filter has ${FILTER_KEYS.join(", ")}`;
      return { name: fieldName(key), condition: this.#refuse(place, message) };
    }
    const names = at.names === "event" && key === "headers" ? "headers" : "members";
    return { name: fieldName(key), condition: this.condition(value, { ...place, names }) };
  }

  #logical(key: "$and" | "$or" | "$not", value: unknown, at: At): Condition {
    if (key === "$not") return { kind: "not", condition: this.condition(value, at) };
    if (!Array.isArray(value)) return this.#refuse(at, "must be a list of conditions");
    if (value.length === 0) return this.#refuse(at, "must contain at least one condition");
    if (!this.#reading.mayEnter(at)) return NOTHING;
    const conditions = value.map((each, index) =>
      this.condition(each, { ...into(at, String(index)), names: at.names }),
    );
    return { kind: key === "$or" ? "any" : "all", conditions };
  }

  #operator(
    { key, value, at, names }: { key: string; value: unknown; at: At; names: Names },
    { conditions, tests }: { conditions: Condition[]; tests: ValueTest[] },
  ): void {
    const reading = this.#reading;
    if (names !== "members") {
      reading.fault(at, "cannot stand here, where names, $and, $or and $not can");
      return;
    }
    const by = COMPARISONS[key];
    if (by !== undefined) {
      tests.push({ kind: "compare", by, with: reading.ordered(value, at) });
      return;
    }
    switch (key) {
      case "$eq":
      case "$neq":
        conditions.push({ kind: "same", constant: reading.constant(value, at), isNegated: key === "$neq" });
        return;
      case "$in":
        tests.push(reading.membership(value, at));
        return;
      case "$nin":
        conditions.push({ kind: "fails", test: reading.membership(value, at) });
        return;
      case "$startsWith":
      case "$endsWith": {
        const where = key === "$startsWith" ? "start" : "end";
        tests.push({ kind: "text with", where, texts: reading.texts(value, at) });
        return;
      }
      case "$exist":
        reading.count(at);
        if (typeof value !== "boolean") reading.fault(at, "must be true or false");
        conditions.push({ kind: "exists", isWanted: value === true });
        return;
      default:
        reading.fault(at, HINTS.get(key) ?? `is not an operator; there are ${OPERATORS}`);
    }
  }

  #refuse(at: At, message: string): Condition {
    this.#reading.fault(at, message);
    return NOTHING;
  }
}

const OPERATORS =
  "$eq, $neq, $gt, $gte, $lt, $lte, $in, $nin, $startsWith, $endsWith, $exist, $or, $and and $not";

const WANTED = {
  event: `must be an object with any of ${FILTER_KEYS.join(", ")}`,
  headers: "must be an object with names of headers",
} as const;

/** The names in what stands below are members, unless told otherwise. */
function into(at: At, step: string): At {
  return { ...below(at, step), names: "members" };
}
