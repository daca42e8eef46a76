/** What a request says of its event beside its content: its type, and what copies of it have in common. */
import type { DedupKey } from "../storage/event-db/duplicates.ts";
import type { ReceivedRequest, Verifier } from "../verification/provider.ts";
import type { EntrypointRules } from "./entrypoint-rules.ts";

export type EventTraits = Readonly<{ type: string | null; dedupKey: DedupKey | null }>;

const NONE: EventTraits = { type: null, dedupKey: null };

/** `rules` and `verifier` are null where the entrypoint has none; `toRequest` is called only where it matters. */
export function readTraits(of: {
  rules: EntrypointRules | null;
  verifier: Verifier | null;
  toRequest: () => ReceivedRequest;
}): EventTraits {
  const { rules, verifier, toRequest } = of;
  const readType = rules?.readType ?? null;
  const readDedupKey = rules?.readDedupKey ?? null;
  if (readType === null && readDedupKey === null && verifier === null) return NONE;
  const request = toRequest();
  return {
    // What its owner says goes before what the provider knows.
    type: readType !== null ? readType(request) : (verifier?.eventType(request) ?? null),
    dedupKey: readDedupKey === null ? null : readDedupKey(request, verifier),
  };
}
