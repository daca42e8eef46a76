/**
 * Messages between the gateway and the sandbox's child, a line each. The gateway sends `code KEY JSON-text` once
 * for each transformation, then `run KEY JSON` or `load KEY `; the child answers these in turn with `MICROSECONDS JSON`.
 */

/** The child's last line before it ends by itself, to give memory back. A run that was not answered was not begun. */
export const RETIRED = "retired";
/** The child's last line before it is killed for a run that nothing else could end. */
export const OVERRAN = "overran";
/** The child's first line. */
export const READY = "ready";

/** The argument that makes the executable a sandbox. */
export const SANDBOX_ARGUMENT = "--sandbox";

/** Milliseconds of processor time. */
export type SandboxLimits = Readonly<{
  /** After which the engine ends a run. */
  runMs: number;
  /** After which the process is killed, where the engine did not. */
  killMs: number;
}>;

export const USUAL_LIMITS: SandboxLimits = { runMs: 200, killMs: 900 };

/** The arguments after the first. */
export const limitWords = ({ runMs, killMs }: SandboxLimits): string[] => [String(runMs), String(killMs)];

export function readLimits([runMs, killMs]: readonly string[]): SandboxLimits {
  return { runMs: Number(runMs) || USUAL_LIMITS.runMs, killMs: Number(killMs) || USUAL_LIMITS.killMs };
}

export const codeLine = (key: string, source: string): string => `code ${key} ${JSON.stringify(source)}\n`;
export const runLine = (key: string, input: string): string => `run ${key} ${input}\n`;

/** Only loads the code: the answer is its fault, or no changes. */
export const loadLine = (key: string): string => `load ${key} \n`;

export type ChildOrder = Readonly<{ verb: string; key: string; rest: string }>;

export function readOrder(line: string): ChildOrder {
  const afterVerb = line.indexOf(" ");
  const afterKey = line.indexOf(" ", afterVerb + 1);
  return {
    verb: line.slice(0, afterVerb),
    key: line.slice(afterVerb + 1, afterKey),
    rest: line.slice(afterKey + 1),
  };
}
