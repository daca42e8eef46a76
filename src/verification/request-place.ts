/** Where in a request a value stands, as one text: a header's name, or "$." and a path in the JSON body. */
import { readJsonPath } from "../lib/json-path.ts";
import { JSON_MARK } from "../lib/place.ts";
import type { ReceivedRequest } from "./provider.ts";

/** Longer ones are no names and no ids, and would fill indexes. */
const MAX_VALUE_LENGTH = 250;

export { PLACE } from "../lib/place.ts";

export type PlaceReader = (request: ReceivedRequest) => string | null;

/** A reader for the first of the places that has a value: a text that is not empty, or a number. */
export function readerOf(...places: readonly string[]): PlaceReader {
  const readers = places.map(singleReader);
  return (request) => {
    for (const read of readers) {
      const value = read(request);
      if (value !== null) return value;
    }
    return null;
  };
}

/** The two values with a dot between them, as "Issue.create"; the first alone where there is no second. */
export function readerOfBoth(first: string, second: string): PlaceReader {
  const [readFirst, readSecond] = [readerOf(first), readerOf(second)];
  return (request) => {
    const values = [readFirst(request), readSecond(request)];
    return values[0] === null ? null : values.filter((value) => value !== null).join(".");
  };
}

function singleReader(place: string): PlaceReader {
  if (!place.startsWith(JSON_MARK)) return ({ headers }) => textOf(headers.get(place));
  const path = place.slice(JSON_MARK.length);
  return (request) => textOf(readJsonPath(jsonOf(request), path));
}

function textOf(value: unknown): string | null {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && text !== "" && text.length <= MAX_VALUE_LENGTH ? text : null;
}

/** Several readers may ask for the same body. */
const parsed = new WeakMap<ReceivedRequest, Readonly<{ value: unknown }>>();

/** The body as JSON; undefined where it is none. Only for what has been verified, or is about to be by what it says. */
export function jsonOf(request: ReceivedRequest): unknown {
  const known = parsed.get(request);
  if (known) return known.value;
  const value = parse(request.body);
  parsed.set(request, { value });
  return value;
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
