/** What copies of one event have in common, as an entrypoint's settings say. */
import { createHash } from "node:crypto";
import type { EntrypointSettings } from "../lib/entrypoint-settings.ts";
import type { ReceivedRequest, Verifier } from "../verification/provider.ts";
import { readerOf } from "../verification/request-place.ts";

/** Longer values are named by their hash, so that no sender makes the index grow. */
const LONGEST_KEY = 64;

/** Null: the request does not say, and is an event of its own. `verifier` is null where nothing was verified. */
export type DedupKeyReader = (request: ReceivedRequest, verifier: Verifier | null) => string | null;

/** Null where nobody looks for copies. Keys of different kinds are never the same. */
export function createDedupKeyReader(settings: EntrypointSettings): DedupKeyReader | null {
  const { deduplicate_by, deduplicate_value } = settings;
  switch (deduplicate_by) {
    case "off":
      return null;
    case "provider":
      return (request, verifier) => keyOf("provider", verifier?.duplicateId(request) ?? null);
    case "value": {
      if (deduplicate_value === null) return null;
      const read = readerOf(deduplicate_value);
      return (request) => keyOf("value", read(request));
    }
    case "body":
      // Requests without a body say nothing by it.
      return ({ body }) => (body.byteLength === 0 ? null : `body:${hash(body)}`);
  }
}

function keyOf(kind: string, value: string | null): string | null {
  if (value === null) return null;
  return value.length <= LONGEST_KEY ? `${kind}:${value}` : `${kind}-hash:${hash(value)}`;
}

function hash(of: string | Uint8Array): string {
  return createHash("sha256").update(of).digest("base64url");
}
