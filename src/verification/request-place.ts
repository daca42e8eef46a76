/**
 * Reads values from a request by a text that says where: a header name, or "$." and a path in the body's JSON or form.
 */
import { type BodyHead, unpackAhead } from "../bodies/body-content.ts";
import { type BodyValue, type BodyValues, bodyValuesOf } from "../bodies/body-values.ts";
import { JSON_MARK } from "../settings/value-path.ts";
import type { ReceivedRequest, Verdict } from "./provider.ts";

/** Longer values are neither types nor ids, and would fill indexes. */
export const LONGEST_VALUE = 250;

export { VALUE_PATH } from "../settings/value-path.ts";

export type PlaceReader = (request: ReceivedRequest) => string | null;

/** Reads the first of the places with a value: non-empty text, or a number as it is written. */
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

/** Joins the two values with a dot, as in "Issue.create"; returns the first alone if there is no second. */
export function readerOfBoth(first: string, second: string): PlaceReader {
  const [readFirst, readSecond] = [readerOf(first), readerOf(second)];
  return (request) => {
    const values = [readFirst(request), readSecond(request)];
    return values[0] === null ? null : values.filter((value) => value !== null).join(".");
  };
}

function singleReader(place: string): PlaceReader {
  if (!place.startsWith(JSON_MARK)) return ({ headers }) => usableText(headers.get(place));
  const path = place.slice(JSON_MARK.length);
  return (request) => valueText(valuesOf(request).at(path));
}

function valueText(value: BodyValue | null): string | null {
  return value?.kind === "text" || value?.kind === "number" ? usableText(value.text) : null;
}

/** Explains why the value at a path of the body cannot be a type or id; null if it can, or if there is none. */
export function whyUnusable(values: BodyValues, path: string): string | null {
  const value = values.at(path);
  switch (value?.kind) {
    case undefined:
    case "null":
      return null;
    case "unreadable":
      return value.why;
    case "text":
    case "number":
      return value.text.length > LONGEST_VALUE
        ? `The value at “${path}” is longer than ${LONGEST_VALUE} characters.`
        : null;
    default:
      return `The value at “${path}” is neither text nor a number.`;
  }
}

/** Returns whether the value at a path of the body can be a type or id. */
export function isUsable(values: BodyValues, path: string): boolean {
  return valueText(values.at(path)) !== null;
}

/** The text, if it can be a name or an id: not empty, and of at most 250 characters. */
export function usableText(text: string | null): string | null {
  return text !== null && text !== "" && text.length <= LONGEST_VALUE ? text : null;
}

/** Returns the text at a path of the body; null for other kinds of values. */
export function textAt(request: Message, path: string): string | null {
  const value = valuesOf(request).at(path);
  return value?.kind === "text" ? value.text : null;
}

/** Reads the body within limits that are safe before the sender is verified. */
export function valuesOf({ body, headers }: Message): BodyValues {
  return bodyValuesOf(body, () => headOf(headers));
}

export type Message = Pick<ReceivedRequest, "body" | "headers">;

/**
 * Wraps a `verify` that reads the body before the sender is known: compressed bodies are unpacked off the event loop
 * first.
 */
export function whenReadable(
  verify: (request: ReceivedRequest) => Verdict | Promise<Verdict>,
): (request: ReceivedRequest) => Verdict | Promise<Verdict> {
  return (request) => {
    const unpacked = makeReadable(request);
    return unpacked === null ? verify(request) : unpacked.then(() => verify(request));
  };
}

/** Null if there is nothing to wait for, as with every uncompressed body. */
export function makeReadable({ body, headers }: Message): Promise<void> | null {
  return unpackAhead(body, headOf(headers));
}

export function headOf(headers: Headers): BodyHead {
  return {
    contentType: headers.get("content-type") ?? "",
    contentEncoding: headers.get("content-encoding") ?? "",
  };
}
