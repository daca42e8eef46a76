/**
 * Messages between the gateway and the child that runs one query: the gateway writes a line with the order, the
 * child a line with the end of it and then, if there is a result, as many lines of that as the first one says.
 */
import { z } from "zod";

/** A value that is bound to a parameter of the statement. */
export type SqlParam = string | number | boolean | null;

export type SqlParams = readonly SqlParam[] | Readonly<Record<string, SqlParam>>;

export const RESULT_FORMATS = ["json", "csv", "ndjson"] as const;

export type ResultFormat = (typeof RESULT_FORMATS)[number];

/** Pairs of id and name, for views that give ids their names. */
export type Names = readonly (readonly [string, string])[];

export type SqlQuery = Readonly<{
  sql: string;
  params: SqlParams;
  /** How many of the newest events the views have; null: all. */
  newest: number | null;
  maxRows: number;
  format: ResultFormat;
  names: Readonly<{ entrypoints: Names; targets: Names }>;
}>;

export type QueryLimits = Readonly<{
  /** Memory that a query may take, above that of the child before it. */
  memoryBytes: number;
  /** The result's text. */
  resultBytes: number;
}>;

/** The line that the child is given. */
export type QueryOrder = SqlQuery & QueryLimits & Readonly<{ path: string }>;

const faultSchema = z.strictObject({
  kind: z.enum(["statement", "memory", "file"]),
  message: z.string(),
  hint: z.string().optional(),
});

export type QueryFault = z.output<typeof faultSchema>;

const headSchema = z.strictObject({
  columns: z.array(z.string()),
  row_count: z.int().nonnegative(),
  /** Why there are no more rows; null: these are all. */
  truncated: z.enum(["rows", "size"]).nullable(),
  ms: z.number().nonnegative(),
  /** Lines of the result that follow. */
  lines: z.int().nonnegative(),
});

export type QueryHead = z.output<typeof headSchema>;

const endSchema = z.union([headSchema, z.strictObject({ fault: faultSchema })]);

export type QueryEnd = z.output<typeof endSchema>;

/** Null where the line is none: the child ended in the middle. */
export function readQueryEnd(line: string): QueryEnd | null {
  try {
    const parsed = endSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
