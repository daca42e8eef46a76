/** Finds where in the text of JSON a fault's path points to. */
import { endOfJsonScalar, skipJsonSpace } from "./json-scalars.ts";

/**
 * Returns the index of the member or item that `path` names, its parts joined by ".", or of the innermost one that
 * exists. `text` must be valid JSON.
 */
export function placeInJson(text: string, path: string): number {
  let rest = path;
  let place = skipJsonSpace(text, 0);
  let value = place;
  while (rest !== "") {
    const part = partsOf(text, value).find(({ name }) => rest === name || rest.startsWith(`${name}.`));
    if (part === undefined) return place;
    rest = rest.slice(part.name.length + 1);
    [place, value] = [part.at, part.value];
  }
  return place;
}

/** `at` is where a member's name begins, or an item; `value` where the value does. */
type Part = Readonly<{ name: string; at: number; value: number }>;

function partsOf(text: string, start: number): Part[] {
  const parts: Part[] = [];
  const isObject = text[start] === "{";
  if (!isObject && text[start] !== "[") return parts;
  let at = skipJsonSpace(text, start + 1);
  while (at < text.length && text[at] !== "}" && text[at] !== "]") {
    const nameEnd = isObject ? endOfValue(text, at) : at;
    const name = isObject ? String(JSON.parse(text.slice(at, nameEnd))) : String(parts.length);
    const value = isObject ? skipJsonSpace(text, skipJsonSpace(text, nameEnd) + 1) : at;
    parts.push({ name, at, value });
    at = skipJsonSpace(text, endOfValue(text, value));
    if (text[at] === ",") at = skipJsonSpace(text, at + 1);
  }
  return parts;
}

function endOfValue(text: string, start: number): number {
  let depth = 0;
  let at = start;
  do {
    const char = text[at] ?? "";
    if (char === "{" || char === "[") depth++;
    if (char === "}" || char === "]") depth--;
    if ("{}[],: \t\r\n".includes(char)) at++;
    else at = Math.max(at + 1, Number(endOfJsonScalar(text, at)) || 0);
  } while (depth > 0 && at < text.length);
  return at;
}
