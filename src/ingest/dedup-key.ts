/** What copies of one event have in common, as an entrypoint's settings say. */
import { createHash } from "node:crypto";
import type { EntrypointSettings } from "../settings/entrypoint-settings.ts";
import type { DedupKey } from "../storage/event-db/duplicates.ts";
import type { ReceivedRequest, Verifier } from "../verification/provider.ts";
import { readerOf } from "../verification/request-place.ts";

/** Longer values are named by their hash, so that no sender makes the index grow. */
const LONGEST_KEY = 64;

/** Null: the request does not say, and is an event of its own. `verifier` is null where nothing was verified. */
export type DedupKeyReader = (request: ReceivedRequest, verifier: Verifier | null) => DedupKey | null;

/** Null where nobody looks for copies. Keys of different kinds are never the same. */
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
        // Requests without a body say nothing by it.
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
