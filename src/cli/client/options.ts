/** Reads options of commands for a gateway elsewhere; a fault is one of usage. */
import { InvalidArgumentError } from "commander";
import { parseRange } from "../../lib/time-range.ts";
import { ENTRYPOINT_METHODS } from "../../settings/entrypoint-settings.ts";

const METHODS: readonly string[] = ENTRYPOINT_METHODS;

export function readRange(text: string): string {
  if (parseRange(text) === null)
    throw new InvalidArgumentError("Use minutes, hours or days, such as 15m, 2h or 7d.");
  return text;
}

export function readNumber(limits: { least: number; most: number }): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= limits.least && number <= limits.most) return number;
    throw new InvalidArgumentError(`Use a whole number from ${limits.least} to ${limits.most}.`);
  };
}

export function readWebUrl(text: string): string {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url?.protocol === "http:" || url?.protocol === "https:") return url.href;
  throw new InvalidArgumentError("Use an http or https URL, such as http://localhost:3000.");
}

/** "a,b" and repeated options alike. */
export function readList(text: string, before: readonly string[] = []): readonly string[] {
  return [
    ...before,
    ...text
      .split(",")
      .map((each) => each.trim())
      .filter((each) => each !== ""),
  ];
}

export function readHeader(
  text: string,
  before: readonly (readonly [string, string])[] = [],
): readonly (readonly [string, string])[] {
  const colon = text.indexOf(":");
  if (colon < 1) throw new InvalidArgumentError('Use "Name: value".');
  const [name, value] = [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
  try {
    new Headers().set(name, value);
  } catch {
    throw new InvalidArgumentError("No HTTP header can have this name or value.");
  }
  return [...before, [name, value]];
}

/** Any case: fetch itself would send a method that it does not know as GET. */
export function readMethod(text: string): string {
  const method = text.toUpperCase();
  if (METHODS.includes(method)) return method;
  throw new InvalidArgumentError(`Use one of ${METHODS.join(", ")}.`);
}

export function readJsonText(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    throw new InvalidArgumentError("Use JSON.");
  }
}
