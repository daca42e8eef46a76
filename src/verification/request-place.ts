/** Where in a request a value stands, as one text: a header's name, or "$." and a path in the body's JSON or form. */
import { type BodyHead, unpackAhead } from "../bodies/body-content.ts";
import { type BodyValue, type BodyValues, bodyValuesOf } from "../bodies/body-values.ts";
import { JSON_MARK } from "../settings/value-path.ts";
import type { ReceivedRequest, Verdict } from "./provider.ts";

/** Longer ones are no names and no ids, and would fill indexes. */
const MAX_VALUE_LENGTH = 250;

export { PLACE } from "../settings/value-path.ts";

export type PlaceReader = (request: ReceivedRequest) => string | null;

/** A reader for the first of the places that has a value: a text that is not empty, or a number as it is written. */
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
  return (request) => valueText(valuesOf(request).at(path));
}

function valueText(value: BodyValue | null): string | null {
  return value?.kind === "text" || value?.kind === "number" ? textOf(value.text) : null;
}

/** Why the value at a path of the body is no name and no id; null where it is one, or nothing is there. */
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
      return value.text.length > MAX_VALUE_LENGTH
        ? `The value at “${path}” is longer than ${MAX_VALUE_LENGTH} characters.`
        : null;
    default:
      return `The value at “${path}” is neither text nor a number.`;
  }
}

/** Whether a path of the body gives a name or an id. */
export function isUsable(values: BodyValues, path: string): boolean {
  return valueText(values.at(path)) !== null;
}

function textOf(text: string | null): string | null {
  return text !== null && text !== "" && text.length <= MAX_VALUE_LENGTH ? text : null;
}

/** The text at a path of the body; null for anything but a text. */
export function textAt(request: Message, path: string): string | null {
  const value = valuesOf(request).at(path);
  return value?.kind === "text" ? value.text : null;
}

/** What the body says, within the limits of every reading: it may be asked before anything is known of the sender. */
export function valuesOf({ body, headers }: Message): BodyValues {
  return bodyValuesOf(body, () => headOf(headers));
}

export type Message = Pick<ReceivedRequest, "body" | "headers">;

/** For what reads a body before it knows the sender: a compressed one is unpacked off the event loop first. */
export function whenReadable(
  verify: (request: ReceivedRequest) => Verdict,
): (request: ReceivedRequest) => Verdict | Promise<Verdict> {
  return (request) => {
    const unpacked = makeReadable(request);
    return unpacked === null ? verify(request) : unpacked.then(() => verify(request));
  };
}

/** Null where there is nothing to wait for, as for every plain body. */
export function makeReadable({ body, headers }: Message): Promise<void> | null {
  return unpackAhead(body, headOf(headers));
}

function headOf(headers: Headers): BodyHead {
  return {
    contentType: headers.get("content-type") ?? "",
    contentEncoding: headers.get("content-encoding") ?? "",
  };
}
