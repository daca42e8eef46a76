/**
 * What the gateway and the sandbox's child tell each other, a line each. The gateway sends `code KEY JSON-text` once
 * for each transformation and `run KEY JSON`; the child answers each run in turn with `MICROSECONDS JSON`.
 */

/** The child's last line before it ends by itself, to give memory back. What was not answered was not begun. */
export const RETIRED = "retired";
/** The child's last line before it is killed for a run that nothing else could end. */
export const OVERRAN = "overran";
/** The child's first line. */
export const READY = "ready";

/** The argument that makes the executable a sandbox. */
export const SANDBOX_ARGUMENT = "--sandbox";

export const codeLine = (key: string, source: string): string => `code ${key} ${JSON.stringify(source)}\n`;
export const runLine = (key: string, input: string): string => `run ${key} ${input}\n`;

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
