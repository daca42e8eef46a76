/** Runs one query in a process of its own, and ends that after the time limit. */
import type { Clock } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";
import { type Child, type ChildListener, startChild as startProgram } from "../../sandbox/start-child.ts";
import { SQL_QUERY_ARGUMENT } from "./argument.ts";
import { type QueryFault, type QueryHead, type QueryOrder, readQueryEnd } from "./order.ts";

export type QueryResult = Omit<QueryHead, "lines"> &
  Readonly<{ /** In the format that was asked for. */ text: string }>;

type Asked = Readonly<{
  order: QueryOrder;
  timeMs: number;
  clock: Clock;
  /** Ends the process once it is aborted; its reason is thrown. */
  signal: AbortSignal;
  startChild: (listener: ChildListener) => Child;
  /** Process ids of those that run. */
  pids: Set<number>;
}>;

export const startQueryChild = (listener: ChildListener): Child =>
  // The child lowers the priority of the thread that runs the statement: the one that watches it must not wait.
  startProgram(listener, { words: [SQL_QUERY_ARGUMENT], priority: 0 });

/** Settles once the process has ended: until then, it has the file open. */
export async function askQueryProcess({
  order,
  timeMs,
  clock,
  signal,
  startChild,
  pids,
}: Asked): Promise<QueryResult> {
  signal.throwIfAborted();
  const ended = Promise.withResolvers<void>();
  const lines: string[] = [];
  let isLate = false;
  const child = startChild({ onLine: (line) => void lines.push(line), onEnd: () => ended.resolve() });
  pids.add(child.pid);
  signal.addEventListener("abort", child.kill, { once: true });
  const cancel = clock.after(timeMs, () => {
    isLate = true;
    child.kill();
  });
  child.write(`${JSON.stringify(order)}\n`);
  await ended.promise;
  cancel();
  signal.removeEventListener("abort", child.kill);
  pids.delete(child.pid);
  signal.throwIfAborted();
  const [first = "", ...rest] = lines;
  const end = readQueryEnd(first);
  if (end !== null && "fault" in end) throw faultError(end.fault);
  if (end !== null && end.lines === rest.length) return withText(end, rest);
  throw isLate ? tooSlow(timeMs) : endedByItself();
}

function withText({ lines: _, ...head }: QueryHead, lines: readonly string[]): QueryResult {
  return { ...head, text: lines.join("\n") };
}

function faultError({ kind, message, hint }: QueryFault): Error {
  // Becomes that of an unusable event file.
  if (kind === "file") return new Error(message);
  return new AppError({
    kind: "invalid",
    code: kind === "memory" ? "query_too_large" : "sql_error",
    message: kind === "memory" ? message : "The statement cannot be run.",
    ...(hint !== undefined && { hint }),
    details: [{ path: "sql", message }],
  });
}

function tooSlow(timeMs: number): AppError {
  const message = `The query took longer than ${timeMs / 1_000} seconds.`;
  return new AppError({
    kind: "invalid",
    code: "query_too_slow",
    message,
    hint: "Read fewer of the newest events, or fewer columns.",
    details: [{ path: "sql", message }],
  });
}

function endedByItself(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "query_ended",
    message: "The query’s process ended before it answered.",
    hint: "Run it again. If that happens again, the server may be out of memory.",
    retryAfterSeconds: 2,
  });
}
