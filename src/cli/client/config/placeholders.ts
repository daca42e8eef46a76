/** Fills in ${env:NAME} and ${file:PATH} in a text of a file of configuration. */
import { readFileSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { errorReason } from "../../../lib/errors.ts";

const PLACEHOLDER = /\$\{(env|file):([^}]*)\}/g;
/** The largest value that anything takes is code of 64 KiB. */
const MAX_FILE_BYTES = 256 * 1024;

export type Sources = Readonly<{
  /** Null: not set. */
  variable: (name: string) => string | null;
  /** Where relative paths start: the folder of the file of configuration. */
  folder: string;
}>;

/** `fault` has no value in it. */
type Filled = Readonly<{ text: string; fault: null } | { text: null; fault: string }>;

export function hasPlaceholder(text: string): boolean {
  return text.search(PLACEHOLDER) !== -1;
}

/** A value is taken as it is: placeholders in it are not filled in. */
export function fillIn(text: string, sources: Sources): Filled {
  const faults: string[] = [];
  const filled = text.replace(PLACEHOLDER, (_, kind: string, name: string) => {
    const { value, fault } = kind === "env" ? readVariable(name, sources) : readFile(name, sources);
    if (fault !== null) faults.push(fault);
    return value ?? "";
  });
  const [fault] = faults;
  return fault === undefined ? { text: filled, fault: null } : { text: null, fault };
}

type Read = Readonly<{ value: string | null; fault: string | null }>;

function readVariable(name: string, { variable }: Sources): Read {
  const value = variable(name);
  return { value, fault: value === null ? `needs the environment variable ${name}, which is not set` : null };
}

function readFile(path: string, { folder }: Sources): Read {
  const place = isAbsolute(path) ? path : join(folder, path);
  try {
    const { size } = statSync(place);
    if (size > MAX_FILE_BYTES) return { value: null, fault: `needs the file ${path}, which is too large` };
    const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(place));
    // Editors and secret stores end files with a line break, which belongs to no secret.
    return { value: text.replace(/\r?\n$/, ""), fault: null };
  } catch (error) {
    return { value: null, fault: `needs the file ${path}, which cannot be read (${errorReason(error)})` };
  }
}
