/** Makes the request that a transformation wants, of the event and what the code changed. */
import { charsetOf } from "../../bodies/charset.ts";
import type { Changes } from "../../sandbox/answer.ts";
import { isHeaderName, isHeaderValue } from "../forwarded-headers.ts";
import { type HeaderList, headerOf } from "../target-type.ts";
import { joinedHeaders, type TypedEvent } from "./transform-input.ts";

export const MAX_BODY_BYTES = 4 * 1024 * 1024;

const METHOD = /^[A-Z]{1,20}$/;
const PATH = /^(?:\/[\x21\x22\x24-\x3e\x40-\x7e]*)?$/;
const QUERY = /^[\x21\x22\x24-\x7e]*$/;

/** Either the event as it is to be sent, or what is wrong with the changes. */
export type Applied = Readonly<{ event: TypedEvent }> | Readonly<{ fault: string }>;

export function applyChanges(event: TypedEvent, changes: Changes): Applied {
  const { method = event.method, path, query = event.query } = changes;
  if (!METHOD.test(method)) return { fault: "It returned a method that HTTP does not allow." };
  if (path !== undefined && !PATH.test(path)) {
    return { fault: 'It returned a path that is not valid. Begin it with "/" and percent-encode it.' };
  }
  if (!QUERY.test(query)) return { fault: "It returned a query that is not percent-encoded." };
  const fault = headerFault(changes.headers?.set ?? {});
  if (fault !== null) return { fault };
  const body = changes.body === undefined ? event.body : new TextEncoder().encode(changes.body);
  if (body.byteLength > MAX_BODY_BYTES) return { fault: "It returned a body over 4 MiB." };
  const changed = changedHeaders(event.headers, changes);
  const headers = changes.body === undefined ? changed : headersOfText(changed, changes);
  return {
    event: {
      ...event,
      method,
      query,
      headers,
      body,
      ...(path !== undefined && { pathTail: path, isPathChosen: true }),
      contentType: headerOf(headers, "content-type") ?? "",
    },
  };
}

function headerFault(set: Readonly<Record<string, readonly string[]>>): string | null {
  for (const [name, values] of Object.entries(set)) {
    const shown = JSON.stringify(name.slice(0, 50));
    if (!isHeaderName(name)) return `It returned a header whose name is not valid: ${shown}.`;
    if (!values.every(isHeaderValue)) return `It returned a value that the header ${shown} cannot carry.`;
  }
  return null;
}

/** Headers that the code left alone keep their case, their order and their repeats. */
function changedHeaders(headers: HeaderList, { headers: changes }: Changes): HeaderList {
  if (changes === undefined) return headers;
  const gone = new Set(changes.removed);
  const before = joinedHeaders(headers);
  const set = Object.entries(changes.set).filter(
    ([name, values]) => !(values.length === 1 && before[name.toLowerCase()] === values[0]),
  );
  for (const [name] of set) gone.add(name.toLowerCase());
  return [
    ...headers.filter(([name]) => !gone.has(name.toLowerCase())),
    ...set.flatMap(([name, values]) => values.map((value) => [name, value] as const)),
  ];
}

/** A new body is plain UTF-8: what said otherwise of the old one goes, unless the code says it of its own. */
function headersOfText(headers: HeaderList, { headers: changes }: Changes): HeaderList {
  const isSet = (name: string) => Object.keys(changes?.set ?? {}).some((each) => each.toLowerCase() === name);
  const plain = isSet("content-encoding") ? headers : without(headers, "content-encoding");
  const contentType = headerOf(plain, "content-type");
  if (contentType === null || isSet("content-type") || charsetOf(contentType) === "utf-8") return plain;
  const utf8 = contentType.replace(/;\s*charset="?[\w-]{1,40}"?/i, "; charset=utf-8");
  return [...without(plain, "content-type"), ["content-type", utf8]];
}

function without(headers: HeaderList, name: string): HeaderList {
  return headers.filter(([each]) => each.toLowerCase() !== name);
}
