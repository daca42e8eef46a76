/** Makes JavaScript of TypeScript by taking its types away, and tells where in the TypeScript a place of that is. */
import { SourceMap } from "node:module";
import { transform } from "sucrase";
import { errorMessage } from "../../lib/errors.ts";
import type { Fault } from "../answer.ts";

/** Gives a fault of the code that runs its place in the code that somebody typed. */
export type AsTyped = (fault: Fault) => Fault;

type Stripped = Readonly<{ code: string; asTyped: AsTyped }> | Readonly<{ fault: Fault }>;

export function stripTypes(source: string): Stripped {
  const fault = findSyntaxFault(source);
  if (fault !== null) return { fault };
  try {
    const { code, sourceMap } = transform(source, {
      transforms: ["typescript"],
      disableESTransforms: true,
      keepUnusedImports: true,
      filePath: "transformation.ts",
      sourceMapOptions: { compiledFilename: "transformation.js" },
    });
    return { code, asTyped: placesBy(sourceMap?.mappings ?? "") };
  } catch (error) {
    return { fault: { message: `SyntaxError: ${errorMessage(error)}` } };
  }
}

/** The runtime's own transpiler tells faults better, but leaves no lines as they were, and has no source maps. */
function findSyntaxFault(source: string): Fault | null {
  try {
    new Bun.Transpiler({ loader: "ts" }).transformSync(source);
    return null;
  } catch (error) {
    const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
    const message = `SyntaxError: ${errorMessage(first)}`;
    const position = first instanceof BuildMessage ? first.position : null;
    return position === null ? { message } : { message, line: position.line, column: position.column };
  }
}

/** By a source map, which counts from 0 and knows where each token begins. */
function placesBy(mappings: string): AsTyped {
  const file = { file: "", sourceRoot: "", sources: [""], sourcesContent: [], names: [] };
  const map = new SourceMap({ ...file, version: 3, mappings });
  return (fault) => {
    const { line, column } = fault;
    if (line === undefined || column === undefined) return fault;
    const entry = map.findEntry(line - 1, column - 1);
    if (!("originalLine" in entry) || entry.generatedLine !== line - 1) return fault;
    const intoToken = column - 1 - entry.generatedColumn;
    return { ...fault, line: entry.originalLine + 1, column: entry.originalColumn + intoToken + 1 };
  };
}
