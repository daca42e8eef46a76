/** Inputs of transformations for tests. */

import { setDefaultTimeout } from "bun:test";
import { systemClock } from "../../src/lib/clock.ts";
import type { TransformInput } from "../../src/sandbox/answer.ts";
import type { Code, Ran } from "../../src/sandbox/job.ts";
import { createSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { startChild } from "../../src/sandbox/start-child.ts";

// Most of these start a process, some have it killed.
setDefaultTimeout(60_000);

export const RECEIVED_AT = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

export function inputOf(given: Partial<TransformInput> & { id?: string } = {}): TransformInput {
  const { id = "01938f9e-0000-7000-8000-000000000001", ...rest } = given;
  return {
    at: RECEIVED_AT,
    method: "POST",
    path: "",
    query: "",
    headers: { "content-type": "application/json" },
    body: '{"n":1}',
    context: { event_id: id, type: "order.created", received_at: new Date(RECEIVED_AT).toISOString() },
    ...rest,
  };
}

let codes = 0;

export function codeOf(source: string): Code {
  codes++;
  return { key: `target:${codes}`, source };
}

/** Code with the body `(request, context) => …`, as people paste it. */
export function handlerOf(body: string): Code {
  return codeOf(`addHandler("transform", ${body});`);
}

/** The sandbox of this program, with shorter limits, as loops use them up. */
export function openSandbox(
  options: {
    onStopped?: (code: Code, standing: "disabled" | "resting") => void;
    /** Called with the process id of a child that has said something. */
    onHeard?: (pid: number) => void;
    program?: readonly string[];
  } = {},
): Sandbox {
  const { program, onHeard, ...rest } = options;
  const limits = { runMs: 100, killMs: 500 };
  return createSandbox({
    clock: systemClock,
    startChild(listener) {
      function onLine(line: string): void {
        onHeard?.(child.pid);
        listener.onLine(line);
      }
      const child = startChild({ ...listener, onLine }, { limits, priority: 0, ...(program && { program }) });
      return child;
    },
    ...rest,
  });
}

/** Throws where the run gave no changes. */
export function changesOf(ran: Ran) {
  if (!("changes" in ran)) throw new Error(`no changes: ${JSON.stringify(ran)}`);
  return ran.changes;
}

/** Throws where the run gave no fault. */
export function faultOf(ran: Ran) {
  if (!("fault" in ran)) throw new Error(`no fault: ${JSON.stringify(ran)}`);
  return ran.fault;
}
