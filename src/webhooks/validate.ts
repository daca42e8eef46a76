/** Checks input against a schema and says field by field what is wrong, without repeating what was sent. */
import type { z } from "zod";
import { AppError, type FieldFault } from "../lib/errors.ts";

type Options<T> = Readonly<{
  schema: z.ZodType<T>;
  value: unknown;
  /** A domain word: "webhook", "entrypoint", "target". */
  what: string;
  /** The field that holds the value, where that is not the whole input. */
  within?: string;
}>;

/** The schema library's word for what was left out. */
const MISSING = /^Invalid input: expected .*, received undefined$/;

/** Throws AppError invalid. */
export function validate<T>({ schema, value, what, within }: Options<T>): T {
  const result = schema.safeParse(value);
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
  if (issue.code !== "unrecognized_keys") {
    const message = MISSING.test(issue.message) ? "is missing" : issue.message;
    return [{ path: path.join("."), message }];
  }
  return issue.keys.map((key) => ({ path: [...path, key].join("."), message: "is not a known field" }));
}
