/** Where in a request a value stands, as one text that people write: a header's name, or "$." and a path in the body's JSON or form. */

export const JSON_MARK = "$.";

export function isInBody(place: string | null): boolean {
  return bodyPathOf(place) !== null;
}

/** The path in the body; null for a header's name. */
export function bodyPathOf(place: string | null): string | null {
  return place?.startsWith(JSON_MARK) ? place.slice(JSON_MARK.length) : null;
}

/** The forms' and schemas' rule for such a text. */
export const PLACE = /^(?:\$\.[^\s]+|[!#$%&'*+\-^_`|~0-9A-Za-z]+)$/;
