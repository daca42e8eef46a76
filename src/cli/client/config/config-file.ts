/** Reads a file of configuration: YAML with placeholders, whose faults are told with line and column. */
import { dirname } from "node:path";
import {
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from "yaml";
import { AppError, type FieldFault } from "../../../lib/errors.ts";
import { fillIn, hasPlaceholder, type Sources } from "./placeholders.ts";
import { showPlace } from "./source-lines.ts";

export type ConfigFile = Readonly<{
  /** The document to send, with placeholders filled in. */
  document: unknown;
  /** Whether a placeholder is at this place of the document or within it, so that its value must not be shown. */
  isFilledIn: (path: string) => boolean;
  /** The gateway's faults, at their places in the file. */
  faultsAt: (faults: readonly FieldFault[]) => AppError;
}>;

type Given = Readonly<{ name: string; text: string; variable: Sources["variable"] }>;
/** `place`: an offset in the text. */
type Fault = Readonly<{ place: number; message: string }>;

/** The library's messages may quote the text. */
const MESSAGES: Partial<Record<ErrorCode, string>> = {
  DUPLICATE_KEY: "this key is there twice",
  NON_STRING_KEY: "a key must be a text",
  MULTIPLE_DOCS: "there must be one document only",
  TAG_RESOLVE_FAILED: "this tag is unknown",
  BAD_INDENT: "the indentation is wrong",
  TAB_AS_INDENT: "tabs cannot indent; use spaces",
  MISSING_CHAR: "a character is missing, such as a closing quote or bracket",
  BLOCK_AS_IMPLICIT_KEY: "a value must be on a line of its own, or in quotes if it contains a colon",
  BAD_SCALAR_START: "a text cannot start with this character; put it in quotes",
  MULTILINE_IMPLICIT_KEY: "a colon is missing, or a key is longer than its line",
  BAD_ALIAS: "this alias is not valid",
};
const MAX_FAULTS = 20;

/** Throws AppError `invalid`. `name` is the file's, for messages; relative placeholders start in its folder. */
export function readConfigFile({ name, text, variable }: Given): ConfigFile {
  const lines = new LineCounter();
  // Without the library's pretty errors, which quote whole lines with the secrets in them.
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  function refuse(faults: readonly Fault[]): AppError {
    const details = faults.slice(0, MAX_FAULTS).map(({ place, message }) => {
      const { line, col: column } = lines.linePos(place);
      const at = { line, column: Math.max(column, 1) };
      return { path: `${name}:${at.line}:${at.column}`, message: `${message}\n${showPlace(text, at)}` };
    });
    return new AppError({ kind: "invalid", message: `${name} is not valid.`, details });
  }

  const broken = [...parsed.errors, ...parsed.warnings].map(({ code, pos: [place] }) => ({
    place,
    message: MESSAGES[code] ?? "this is not YAML",
  }));
  if (broken.length > 0) throw refuse(broken);
  const { faults, filled } = fillInAll(parsed, { variable, folder: dirname(name) });
  if (faults.length > 0) throw refuse(faults);
  const document = toPlain(parsed, refuse);
  return {
    document,
    isFilledIn: (path) => hasFilled(parsed, findNode(parsed, path).node, filled),
    faultsAt: (given) =>
      refuse(
        given.map(({ path, message }) => {
          const { place, rest } = findNode(parsed, path);
          return { place, message: `${[rest || path, message].filter((part) => part !== "").join(" ")}` };
        }),
      ),
  };
}

function fillInAll(parsed: Document, sources: Sources): { faults: Fault[]; filled: ReadonlySet<unknown> } {
  const faults: Fault[] = [];
  const filled = new Set<unknown>();
  visit(parsed, {
    Alias(_, node) {
      if (node.resolve(parsed) === undefined) {
        faults.push({ place: startOf(node), message: "nothing has the anchor of this alias" });
      }
    },
    Scalar(key, node) {
      if (key === "key" || typeof node.value !== "string" || !hasPlaceholder(node.value)) return;
      const { text, fault } = fillIn(node.value, sources);
      if (fault === null) node.value = text;
      else faults.push({ place: startOf(node), message: fault });
      filled.add(node);
    },
  });
  return { faults, filled };
}

function toPlain(parsed: Document, refuse: (faults: readonly Fault[]) => AppError): unknown {
  try {
    const plain: unknown = parsed.toJS();
    return plain;
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw refuse([{ place: 0, message: "the aliases of this file stand for far too much" }]);
  }
}

type Found = Readonly<{
  node: unknown;
  /** Where it is; if it is missing, where it should be. */
  place: number;
  /** The last name of the path, or what is missing of it. */
  rest: string;
}>;

/** Names in a path may contain dots, as headers do. */
function findNode(parsed: Document, path: string): Found {
  let names = path.split(".");
  let last = names.at(-1) ?? "";
  let node: unknown = parsed.contents;
  let place = startOf(parsed.contents);
  while (names.length > 0) {
    const inner = isAlias(node) ? node.resolve(parsed) : node;
    const step = stepInto(inner, names);
    if (step === null) return { node: null, place, rest: names.join(".") };
    ({ node, place } = step);
    last = names.slice(0, step.taken).join(".");
    names = names.slice(step.taken);
  }
  return { node, place, rest: last };
}

function stepInto(
  node: unknown,
  names: readonly string[],
): { node: unknown; place: number; taken: number } | null {
  if (isSeq(node)) {
    const item = node.items[Number(names[0])];
    return item === undefined ? null : { node: item, place: startOf(item), taken: 1 };
  }
  if (!isMap(node)) return null;
  for (let taken = 1; taken <= names.length; taken++) {
    const name = names.slice(0, taken).join(".");
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === name);
    // A map begins below its key, where people would not look.
    if (pair)
      return { node: pair.value, place: startOf(isScalar(pair.value) ? pair.value : pair.key), taken };
  }
  return null;
}

function startOf(node: unknown): number {
  return isNodeWithRange(node) ? (node.range?.[0] ?? 0) : 0;
}

function isNodeWithRange(node: unknown): node is Node {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node);
}

function hasFilled(parsed: Document, node: unknown, filled: ReadonlySet<unknown>): boolean {
  const inner = isAlias(node) ? node.resolve(parsed) : node;
  if (isMap(inner)) return inner.items.some(({ value }) => hasFilled(parsed, value, filled));
  if (isSeq(inner)) return inner.items.some((item) => hasFilled(parsed, item, filled));
  return filled.has(inner);
}
