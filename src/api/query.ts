/** Reads the query of a request to the API. */
import { queryOf } from "../http/request-url.ts";

const PART = /^(\w+)(?:\[([^\]]+)\]|\.(.+))$/;

/**
 * Returns the parameters by name; the last one of several counts. Parts such as "field[order_id]", which may also be
 * written "field.order_id", become members of the object `field`.
 */
export function readQuery(url: string): Record<string, unknown> {
  const whole: [string, string][] = [];
  const parts: (readonly [name: string, part: string, value: string])[] = [];
  for (const [parameter, value] of queryOf(url)) {
    const [, name, inBrackets, afterDot] = PART.exec(parameter) ?? [];
    const part = inBrackets ?? afterDot;
    if (name === undefined || part === undefined) whole.push([parameter, value]);
    else parts.push([name, part, value]);
  }
  const objects = [...Map.groupBy(parts, ([name]) => name)].map(
    ([name, own]) => [name, Object.fromEntries(own.map(([, part, value]) => [part, value]))] as const,
  );
  return Object.fromEntries<unknown>([...whole, ...objects]);
}
