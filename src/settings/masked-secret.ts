/** The mark that stands in a stored query where a sender's secret stood, and how it is set and left out. */

import { REDACTED } from "./sealed-config.ts";

/** A query cannot hold brackets. */
const MASK_IN_QUERY = encodeURIComponent(REDACTED);

/** Every parameter of that name gets the mark as its value; all else stays as it was written. */
export function maskParameter(query: string, name: string): string {
  if (query === "") return query;
  return query
    .split("&")
    .map((part) => {
      const mark = part.indexOf("=");
      // Without a "=" there is no value, and none to hide.
      return mark >= 0 && nameOf(part) === name ? `${part.slice(0, mark)}=${MASK_IN_QUERY}` : part;
    })
    .join("&");
}

/** As it is read where requests are verified: percent-encoded or not. */
function nameOf(part: string): string | undefined {
  const [name] = parse(part).keys();
  return name;
}

/** The values of the parameters of that name, each as it is written and, where that is another text, decoded. */
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

/** Behind an "&", as a "?" at the very beginning would be taken for the mark of a query. */
function parse(part: string): URLSearchParams {
  return new URLSearchParams(`&${part}`);
}

export function hasMaskedParameter(query: string): boolean {
  return query.includes(`=${MASK_IN_QUERY}`);
}

/** For whoever the secret was not meant for. */
export function withoutMaskedParameters(query: string): string {
  if (!hasMaskedParameter(query)) return query;
  return query
    .split("&")
    .filter((part) => !part.endsWith(`=${MASK_IN_QUERY}`))
    .join("&");
}
