/** Writes validation messages for schema issues that have none of their own. */
import type { z } from "zod";

const TYPES: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "an array",
  tuple: "an array",
  object: "an object",
  record: "an object",
};

/** Units of limits on length rather than on the value. */
const UNITS: Readonly<Record<string, string>> = { string: "characters", array: "entries", record: "entries" };

/** Passed to `safeParse`, which prefers a schema's own message. Never repeats the input. */
export function wordIssue(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "is missing" : `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return oneOf(issue.values.map(String));
    case "too_big":
      return limit(issue.origin, issue.inclusive === false ? "less than" : "at most", issue.maximum);
    case "too_small":
      if (issue.minimum === 1 && UNITS[issue.origin] !== undefined) return "must not be empty";
      return limit(issue.origin, issue.inclusive === false ? "more than" : "at least", issue.minimum);
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    default:
      return "is not valid";
  }
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? `must be ${values[0]}` : `must be one of: ${values.join(", ")}`;
}

function limit(origin: string, bound: string, amount: number | bigint): string {
  const unit = UNITS[origin];
  return unit === undefined ? `must be ${bound} ${amount}` : `must have ${bound} ${amount} ${unit}`;
}
