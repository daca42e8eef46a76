/**
 * Names a value in a request in one text that people write: a header's name, or "$." and a path in the body's JSON or
 * form.
 */

export const JSON_MARK = "$.";

export function isInBody(valuePath: string | null): boolean {
  return bodyPathOf(valuePath) !== null;
}

/** Returns the path in the body; null for a header's name. */
export function bodyPathOf(valuePath: string | null): string | null {
  return valuePath?.startsWith(JSON_MARK) ? valuePath.slice(JSON_MARK.length) : null;
}

/** Pattern of such a text, for forms and schemas. */
export const VALUE_PATH = /^(?:\$\.[^\s]+|[!#$%&'*+\-^_`|~0-9A-Za-z]+)$/;
