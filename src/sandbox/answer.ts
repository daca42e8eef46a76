/** Questions to a transformation, and its answers: checked, as the code in the sandbox may write anything. */
import { z } from "zod";

/** A fault of the code, with its place where that is known; both count from 1. */
export type Fault = Readonly<{ message: string; line?: number | undefined; column?: number | undefined }>;

/** The request as the code sees it. */
export type TransformInput = Readonly<{
  /** The code's clock, in milliseconds UTC: the time of receipt. */
  at: number;
  method: string;
  path: string;
  query: string;
  /** Names in lower case; values of a header that came more than once are joined by ", ". */
  headers: Readonly<Record<string, string>>;
  /** Undefined: the body is no text, and the code can only replace it. */
  body: string | undefined;
  context: Readonly<{ event_id: string; type: string | null; received_at: string }> &
    Readonly<Record<string, string | null>>;
  /** Whether what the code writes to its console is wanted. */
  wants_lines?: boolean | undefined;
}>;

const headerChangesSchema = z.object({
  set: z.record(z.string(), z.array(z.string())),
  removed: z.array(z.string()),
});

const changesSchema = z.object({
  method: z.string().optional(),
  path: z.string().optional(),
  query: z.string().optional(),
  headers: headerChangesSchema.optional(),
  body: z.string().optional(),
});

/** Changes that the code wants; the rest stays byte for byte. */
export type Changes = z.output<typeof changesSchema>;

export const faultSchema = z.object({
  message: z.string().max(1000),
  line: z.int().positive().optional(),
  column: z.int().positive().optional(),
});

const linesSchema = z.array(z.string().max(500)).max(50).optional();

const answerSchema = z.union([
  z.strictObject({ changes: changesSchema, lines: linesSchema }),
  z.strictObject({ dropped: z.literal(true), lines: linesSchema }),
  z.strictObject({ fault: faultSchema, lines: linesSchema }),
]);

/** Answer of the code. `micros`: how long it took. */
export type Answer = z.output<typeof answerSchema> & Readonly<{ micros: number }>;

/** A line of the child: the time it took, and the answer. Null where it is none. */
export function readAnswer(line: string): Answer | null {
  const space = line.indexOf(" ");
  const micros = Number(line.slice(0, space));
  if (space <= 0 || !Number.isSafeInteger(micros) || micros < 0) return null;
  try {
    const parsed = answerSchema.safeParse(JSON.parse(line.slice(space + 1)));
    return parsed.success ? { ...parsed.data, micros } : null;
  } catch {
    return null;
  }
}
