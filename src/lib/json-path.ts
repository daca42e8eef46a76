/** Reads one value out of parsed JSON by a path of names and places, such as "data.object.id" or "0.event". */

/** undefined where there is nothing at the path. Own properties only: no path leads to what the runtime adds. */
export function readJsonPath(value: unknown, path: string): unknown {
  let at = value;
  for (const step of path.split(".")) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return undefined;
    at = Reflect.get(at, step);
  }
  return at;
}
