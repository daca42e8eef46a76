/** Chooses the headers that pass between a client and the leader. */

import { HOP_BY_HOP } from "../../outbound/hop-by-hop.ts";

/** Returns the client's headers with the framing that `hasBody` needs; the Host header is the client's. */
export function headersToLeader(received: Headers, hasBody: boolean): Record<string, string> {
  const named = namedIn(received.get("connection"));
  const kept: Record<string, string> = {};
  for (const [name, value] of received) {
    if (!HOP_BY_HOP.has(name) && !named.has(name)) kept[name] = value;
  }
  // A length without its body would make the leader wait; a body of some methods is sent unframed unless told so.
  if (!hasBody) delete kept["content-length"];
  else if (kept["content-length"] === undefined) kept["transfer-encoding"] = "chunked";
  return kept;
}

/** `raw` alternates names and values. */
export function headersToClient(raw: readonly string[]): Headers {
  const pairs: [name: string, value: string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2)
    pairs.push([(raw[at] ?? "").toLowerCase(), raw[at + 1] ?? ""]);
  const named = namedIn(pairs.flatMap(([name, value]) => (name === "connection" ? [value] : [])).join(","));
  const kept = new Headers();
  for (const [name, value] of pairs) {
    if (!HOP_BY_HOP.has(name) && !named.has(name)) kept.append(name, value);
  }
  return kept;
}

/** Returns the headers that a Connection header declares hop-by-hop. */
function namedIn(connection: string | null): ReadonlySet<string> {
  return new Set((connection ?? "").split(",").map((token) => token.trim().toLowerCase()));
}
