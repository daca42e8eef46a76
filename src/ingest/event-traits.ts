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
  const asksMore = typeof readType === "function" || readDedupKey !== null || verifier !== null;
  const full = asksMore ? toFullRequest() : null;
  return {
    type: typeOf(),
    dedupKey: readDedupKey === null || full === null ? null : readDedupKey(full, verifier),
  };

  function typeOf(): string | null {
    if (readType === "none") return null;
    if (typeof readType === "function") return full === null ? null : readType(full);
    const known = full === null ? null : (verifier?.eventType(full) ?? null);
    return known ?? autoTypeOf(request, pairs);
  }
}
