/** Makes JavaScript of TypeScript by taking its types away. */
import { errorMessage } from "../../lib/errors.ts";
import type { Fault } from "../answer.ts";

export type Stripped = Readonly<{ code: string }> | Readonly<{ fault: Fault }>;

export function stripTypes(source: string): Stripped {
  try {
    // What is never reached stays, as a line of it may be the one that somebody looks for.
    const transpiler = new Bun.Transpiler({ loader: "ts", deadCodeElimination: false });
    return { code: transpiler.transformSync(source) };
  } catch (error) {
    return { fault: syntaxFault(error) };
  }
}

function syntaxFault(error: unknown): Fault {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const message = `SyntaxError: ${errorMessage(first)}`;
  const position = first instanceof BuildMessage ? first.position : null;
  return position === null ? { message } : { message, line: position.line, column: position.column };
}
