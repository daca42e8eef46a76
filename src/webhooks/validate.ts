/** Validates input and reports faults by field, without repeating the input. */
import type { z } from "zod";
import { AppError, type FieldFault } from "../lib/errors.ts";
import { wordIssue } from "./issue-words.ts";

type Options<T> = Readonly<{
  schema: z.ZodType<T>;
  value: unknown;
  /** A domain word: "webhook", "entrypoint", "target". */
  what: string;
  /** The field that contains the value, if it is not the whole input. */
  within?: string;
}>;

/** Throws AppError `invalid`. */
export function validate<T>({ schema, value, what, within }: Options<T>): T {
  const result = schema.safeParse(value, { error: wordIssue });
  if (result.success) return result.data;
  const prefix = within === undefined ? [] : [within];
  throw new AppError({
    kind: "invalid",
    message: `The ${what} is not valid.`,
    details: result.error.issues.flatMap((issue) => toFaults(issue, prefix)),
  });
}

function toFaults(issue: z.core.$ZodIssue, prefix: readonly string[]): FieldFault[] {
  const path = [...prefix, ...issue.path.map(String)];
  // The name of an entry, such as a header's: what is wrong with it is said further inside.
  if (issue.code === "invalid_key")
    return [{ path: path.join("."), message: issue.issues[0]?.message ?? issue.message }];
  if (issue.code !== "unrecognized_keys") return [{ path: path.join("."), message: issue.message }];
  return issue.keys.map((key) => ({ path: [...path, key].join("."), message: "is not a known field" }));
}
