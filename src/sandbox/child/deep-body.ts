/**
 * Marks an input whose body is nested so deeply that parsing or printing it could end the run, or the process: a sender
 * could otherwise have code disabled that is not to blame. The code gets such a body as text.
 */
import { collectJsonNodes, MAX_JSON_DEPTH, OPEN_LIST, OPEN_OBJECT } from "../../bodies/json-nodes.ts";

const CLOSE_LIST = 0x5d;
const CLOSE_OBJECT = 0x7d;

/** `input` is the gateway's JSON, which has the body as a text. */
export function markDeepBody(input: string): string {
  if (!mayBeDeep(input)) return input;
  const parsed: { body?: string } = JSON.parse(input);
  const nodes = parsed.body === undefined ? "syntax" : collectJsonNodes(Buffer.from(parsed.body));
  // With too many parts, how deep it is has not been told.
  if (nodes !== "depth" && nodes !== "parts") return input;
  return JSON.stringify({ ...parsed, is_body_deep: true });
}

/** Counts brackets in texts too, which makes it quick: most inputs end here. */
function mayBeDeep(input: string): boolean {
  let depth = 0;
  for (let at = 0; at < input.length; at++) {
    const code = input.charCodeAt(at);
    if (code === OPEN_LIST || code === OPEN_OBJECT) {
      if (++depth > MAX_JSON_DEPTH) return true;
    } else if ((code === CLOSE_LIST || code === CLOSE_OBJECT) && depth > 0) depth--;
  }
  return false;
}
