/** Builds the key that copies of one event share, by the entrypoint's settings. */
import { createHash } from "node:crypto";
import type { EntrypointSettings } from "../settings/entrypoint-settings.ts";
import type { DedupKey } from "../storage/event-db/duplicates.ts";
import type { ReceivedRequest, Verifier } from "../verification/provider.ts";
import { readerOf } from "../verification/request-place.ts";

/** Longer values are replaced by their hash, so that senders cannot make the index grow. */
const LONGEST_KEY = 64;

/**
 * Returns null if the request has no such value: it is then never a duplicate. `verifier` is null without verification.
 */
export type DedupKeyReader = (request: ReceivedRequest, verifier: Verifier | null) => DedupKey | null;

/** Null if deduplication is off. Keys of different kinds never collide. */
export function createDedupKeyReader(settings: EntrypointSettings): DedupKeyReader | null {
  const { deduplicate_by, deduplicate_value, deduplicate_differing: differing } = settings;
  switch (deduplicate_by) {
    case "off":
      return null;
    case "provider":
      return (request, verifier) => keyed("provider", verifier?.duplicateId(request) ?? null, request);
    case "value": {
      if (deduplicate_value === null) return null;
      const read = readerOf(deduplicate_value);
      return (request) => keyed("value", read(request), request);
    }
    case "body":
      return ({ body }) => {
        // Empty bodies do not identify an event.
        if (body.byteLength === 0) return null;
        const bodyHash = hash(body);
        return { key: `body:${bodyHash.toString("base64url")}`, bodyHash, differing };
      };
  }

  function keyed(kind: string, value: string | null, { body }: ReceivedRequest): DedupKey | null {
    if (value === null) return null;
    const isShort = value.length <= LONGEST_KEY;
    const key = isShort ? `${kind}:${value}` : `${kind}-hash:${hash(value).toString("base64url")}`;
    return { key, bodyHash: hash(body), differing };
  }
}

function hash(of: string | Uint8Array): Buffer {
  return createHash("sha256").update(of).digest();
}
