/** The id by which a request is found in the log: made when it is first asked for. */
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
