/** The id of a request in the log, created when first needed. */
import { newId } from "../lib/ids.ts";

const ids = new WeakMap<Request, string>();

export function requestIdOf(request: Request): string {
  let id = ids.get(request);
  if (id === undefined) {
    id = newId();
    ids.set(request, id);
  }
  return id;
}
