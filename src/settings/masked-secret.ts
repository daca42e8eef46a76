/** Masks a sender's secret in a stored query, and removes masked parameters. */

import { REDACTED } from "./sealed-config.ts";

/** A query cannot contain brackets. */
const MASK_IN_QUERY = encodeURIComponent(REDACTED);

/** Masks the value of every parameter with that name and leaves the rest as written. */
export function maskParameter(query: string, name: string): string {
  if (query === "") return query;
  return query
    .split("&")
    .map((part) => {
      const mark = part.indexOf("=");
      // Without a "=" there is no value to hide.
      return mark >= 0 && nameOf(part) === name ? `${part.slice(0, mark)}=${MASK_IN_QUERY}` : part;
    })
    .join("&");
}

/** Reads the name as verification does: percent-encoded or not. */
function nameOf(part: string): string | undefined {
  const [name] = parse(part).keys();
  return name;
}

/** Returns the values of the parameters with that name, as written and, if that differs, decoded. */
export function listParameterValues(query: string, name: string): readonly string[] {
  if (query === "") return [];
  return query
    .split("&")
    .filter((part) => part.includes("=") && nameOf(part) === name)
    .flatMap((part) => {
      const written = part.slice(part.indexOf("=") + 1);
      const decoded = parse(part).get(name);
      return decoded === null || decoded === written ? [written] : [written, decoded];
    });
}

/** Prefixes "&", because a leading "?" would be taken as the start of a query. */
function parse(part: string): URLSearchParams {
  return new URLSearchParams(`&${part}`);
}

export function hasMaskedParameter(query: string): boolean {
  return query.includes(`=${MASK_IN_QUERY}`);
}

/** Removes masked parameters, for receivers that the secret was not meant for. */
export function withoutMaskedParameters(query: string): string {
  if (!hasMaskedParameter(query)) return query;
  return query
    .split("&")
    .filter((part) => !part.endsWith(`=${MASK_IN_QUERY}`))
    .join("&");
}
