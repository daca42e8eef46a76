/** Runs a target's transformation over an event: the request to send, or why there is none. */
import type { Fault } from "../../sandbox/answer.ts";
import type { Code } from "../../sandbox/job.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { applyChanges, MAX_BODY_BYTES } from "./apply-changes.ts";
import { inputOf, type TypedEvent } from "./transform-input.ts";

export type Transformed =
  | Readonly<{ kind: "request"; event: TypedEvent }>
  /** The code wants nothing to be sent. */
  | Readonly<{ kind: "dropped" }>
  /** The code is at fault, or cannot do this event. */
  | Readonly<{ kind: "failed"; fault: Fault }>
  /** Nothing is known of the code: it did not run. */
  | Readonly<{ kind: "unavailable"; error: string }>;

/** `micros`: how long the code ran. `lines`: what it wrote to its console, where that was wanted. */
export type TransformRun = Transformed & Readonly<{ micros: number; lines: readonly string[] }>;

export type TransformOrder = Readonly<{
  code: Code;
  event: TypedEvent;
  webhookId: string;
  targetId: string;
  wantsLines?: boolean;
}>;

/** Never rejects. Equal for equal event and code, whenever and wherever it runs. */
export type Transform = (order: TransformOrder) => Promise<TransformRun>;

export function createTransform(sandbox: Pick<Sandbox, "run">): Transform {
  return async ({ code, event, wantsLines = false, ...of }) => {
    if (event.body.byteLength > MAX_BODY_BYTES) {
      return { ...failed("Bodies over 4 MiB are not transformed."), micros: 0, lines: [] };
    }
    const input = await inputOf(event, of);
    const ran = await sandbox.run(code, wantsLines ? { ...input, wants_lines: true } : input);
    const { micros = 0, lines = [] } = "micros" in ran ? ran : {};
    return { ...outcomeOf(event, ran), micros, lines };
  };
}

function outcomeOf(event: TypedEvent, ran: Awaited<ReturnType<Sandbox["run"]>>): Transformed {
  if ("unavailable" in ran) return { kind: "unavailable", error: ran.unavailable };
  if ("killed" in ran) return failed("It had to be killed, because nothing else could end it.");
  if ("disabled" in ran) {
    return failed("It is disabled, because it had to be killed three times in a row. Save other code.");
  }
  if ("dropped" in ran) return { kind: "dropped" };
  if ("fault" in ran) return { kind: "failed", fault: ran.fault };
  const applied = applyChanges(event, ran.changes);
  return "fault" in applied ? failed(applied.fault) : { kind: "request", event: applied.event };
}

function failed(message: string): Transformed {
  return { kind: "failed", fault: { message } };
}

/** In one line: "TypeError: … (line 4, column 11)". */
export function describeFault({ message, line, column }: Fault): string {
  if (line === undefined) return message;
  return `${message} (line ${line}${column === undefined ? "" : `, column ${column}`})`;
}
