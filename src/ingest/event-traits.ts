/** Reads an event's type and deduplication key from its request. */
import type { DedupKey } from "../storage/event-db/duplicates.ts";
import type { EventDraft } from "../storage/event-db/types.ts";
import type { ReceivedRequest, Verifier } from "../verification/provider.ts";
import { autoTypeOf } from "./auto-type.ts";
import type { EntrypointRules } from "./entrypoint-rules.ts";

type EventTraits = Readonly<{ type: string | null; dedupKey: DedupKey | null }>;

/**
 * `rules` and `verifier` are null if the entrypoint has none. `pairs` are the headers of `request`, names in lower
 * case. `toFullRequest` is called only if a setting or the provider reads from it.
 */
export function readTraits(of: {
  rules: EntrypointRules | null;
  verifier: Verifier | null;
  request: Pick<ReceivedRequest, "headers" | "body">;
  pairs: EventDraft["headers"];
  toFullRequest: () => ReceivedRequest;
}): EventTraits {
  const { rules, verifier, request, pairs, toFullRequest } = of;
  const readType = rules?.readType ?? "auto";
  const readDedupKey = rules?.readDedupKey ?? null;
  if (typeof readType === "string" && readDedupKey === null && verifier === null) {
    return { type: readType === "auto" ? autoTypeOf(request, pairs) : null, dedupKey: null };
  }
  const full = toFullRequest();
  const dedupKey = readDedupKey === null ? null : readDedupKey(full, verifier);
  if (readType === "none") return { type: null, dedupKey };
  if (readType !== "auto") return { type: readType(full), dedupKey };
  return { type: verifier?.eventType(full) ?? autoTypeOf(request, pairs), dedupKey };
}
