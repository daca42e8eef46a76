/** Judges a value by a condition. Three answers, so that what cannot be read neither passes nor fails by accident. */
import type { Work } from "../bodies/json-text.ts";
import type { Comparison, Condition, Constant, Scalar, ValueTest } from "./condition.ts";
import { compareDecimals, isDecimal, LONGEST_DECIMAL } from "./decimals.ts";
import type { FilterValue, ValueKind } from "./filter-value.ts";

/** In their order: of conditions that all have to hold the least counts, of alternatives the greatest. */
export const NO = 0;
export const UNKNOWN = 1;
export const YES = 2;
export type Verdict = typeof NO | typeof UNKNOWN | typeof YES;

/** Unknown where the value cannot be read, or `work` is used up. */
export function judge(condition: Condition, value: FilterValue, work: Work): Verdict {
  if (--work.left < 0 || value.kind === "unreadable") return UNKNOWN;
  switch (condition.kind) {
    case "fields":
      return value.kind === "object"
        ? leastOf(condition.fields, (field) => judge(field.condition, value.member(field.name), work))
        : greatestOfItems(value, (item) => judge(condition, item, work));
    case "equals":
      return value.kind === "list"
        ? greatestOfItems(value, (item) => judge(condition, item, work))
        : verdictOf(equals({ kind: value.kind, text: value.text() }, condition.constant));
    case "passes":
      return passes(condition.tests, value, work);
    case "fails":
      return value.kind === "missing" ? NO : opposite(passes([condition.test], value, work));
    case "contains":
      return value.kind === "list"
        ? leastOf(condition.items, (each) => greatestOfItems(value, (item) => judge(each, item, work)))
        : NO;
    case "same": {
      if (value.kind === "missing") return NO;
      const verdict = isSame(value, condition.constant, work);
      return condition.isNegated ? opposite(verdict) : verdict;
    }
    case "exists":
      return verdictOf((value.kind !== "missing") === condition.isWanted);
    case "all":
      return leastOf(condition.conditions, (each) => judge(each, value, work));
    case "any":
      return greatestOf(condition.conditions, (each) => judge(each, value, work));
    case "not":
      return opposite(judge(condition.condition, value, work));
  }
}

/** Lists within lists are looked into too. */
function passes(tests: readonly ValueTest[], value: FilterValue, work: Work): Verdict {
  if (--work.left < 0 || value.kind === "unreadable") return UNKNOWN;
  if (value.kind === "list") return greatestOfItems(value, (item) => passes(tests, item, work));
  const read = { kind: value.kind, text: value.text() };
  return verdictOf(tests.every((test) => passesOne(test, read, work)));
}

/** A value that is no list, read once for all that it is compared with. */
export type ReadValue = Readonly<{ kind: ValueKind; text: string }>;

export function passesOne(test: ValueTest, value: ReadValue, work: Work): boolean {
  const { kind, text } = value;
  switch (test.kind) {
    case "compare":
      return isInOrder(test.by, orderOf(value, test.with));
    case "one of":
      work.left -= costOf(
        test.constants.length,
        kind === "number" ? Math.min(text.length, LONGEST_DECIMAL) : 0,
      );
      return test.constants.some((constant) => equals(value, constant));
    case "text with":
      work.left -= costOf(test.texts.length, test.where === "anywhere" ? text.length / 4 : 0);
      if (kind !== "text") return false;
      if (test.where === "start") return test.texts.some((each) => text.startsWith(each));
      if (test.where === "end") return test.texts.some((each) => text.endsWith(each));
      return test.texts.some((each) => text.includes(each));
  }
}

/** A comparison takes about a tenth of a look-up, and as much again for each 25 characters that it goes through. */
function costOf(comparisons: number, characters: number): number {
  return Math.ceil(comparisons * (0.1 + characters / 250));
}

function isInOrder(by: Comparison, order: number | null): boolean {
  if (order === null) return false;
  switch (by) {
    case "$gt":
      return order > 0;
    case "$gte":
      return order >= 0;
    case "$lt":
      return order < 0;
    case "$lte":
      return order <= 0;
  }
}

/** Texts go by their characters, numbers and the texts of numbers by what they are worth; null where neither can be. */
function orderOf({ kind, text }: ReadValue, constant: Scalar): number | null {
  if (kind === "text" && constant.kind === "text") {
    return text < constant.text ? -1 : text > constant.text ? 1 : 0;
  }
  const areNumbers = constant.isDecimal && isDecimalOf(kind, text);
  return areNumbers ? compareDecimals(text, constant.text) : null;
}

function isDecimalOf(kind: ValueKind, text: string): boolean {
  if (kind === "number") return text.length <= LONGEST_DECIMAL;
  return kind === "text" && isDecimal(text);
}

/** A number equals its text, as headers, queries and forms have nothing but texts. Nothing else is converted. */
function equals(value: ReadValue, constant: Scalar): boolean {
  if (value.kind === constant.kind && value.text === constant.text) return true;
  const isOfNumber = value.kind === "number" || constant.kind === "number";
  return isOfNumber && orderOf(value, constant) === 0;
}

/** Members may come in any order; of a name that comes twice the last one counts. */
function isSame(value: FilterValue, constant: Constant, work: Work): Verdict {
  if (--work.left < 0 || value.kind === "unreadable") return UNKNOWN;
  switch (constant.kind) {
    case "list":
      return value.kind === "list" ? isSameList(value, constant.items, work) : NO;
    case "object": {
      if (value.kind !== "object") return NO;
      const names = new Set(constant.members.map(({ name }) => name.text));
      for (const name of value.names()) {
        if (--work.left < 0) return UNKNOWN;
        if (!names.has(name)) return NO;
      }
      return leastOf(constant.members, (member) => isSame(value.member(member.name), member.value, work));
    }
    default:
      return verdictOf(equals({ kind: value.kind, text: value.text() }, constant));
  }
}

function isSameList(list: FilterValue, constants: readonly Constant[], work: Work): Verdict {
  let verdict: Verdict = YES;
  let length = 0;
  list.someItem((item) => {
    const constant = constants[length++];
    const found = constant === undefined ? NO : isSame(item, constant, work);
    if (found < verdict) verdict = found;
    return found === NO;
  });
  return length === constants.length ? verdict : NO;
}

function leastOf<T>(all: readonly T[], judgeOne: (one: T) => Verdict): Verdict {
  let verdict: Verdict = YES;
  for (const one of all) {
    const found = judgeOne(one);
    if (found === NO) return NO;
    if (found === UNKNOWN) verdict = UNKNOWN;
  }
  return verdict;
}

function greatestOf<T>(all: readonly T[], judgeOne: (one: T) => Verdict): Verdict {
  let verdict: Verdict = NO;
  for (const one of all) {
    const found = judgeOne(one);
    if (found === YES) return YES;
    if (found === UNKNOWN) verdict = UNKNOWN;
  }
  return verdict;
}

function greatestOfItems(list: FilterValue, judgeOne: (item: FilterValue) => Verdict): Verdict {
  let verdict: Verdict = NO;
  list.someItem((item) => {
    const found = judgeOne(item);
    if (found > verdict) verdict = found;
    return found === YES;
  });
  return verdict;
}

function verdictOf(holds: boolean): Verdict {
  return holds ? YES : NO;
}

function opposite(verdict: Verdict): Verdict {
  return verdict === UNKNOWN ? UNKNOWN : verdict === YES ? NO : YES;
}
