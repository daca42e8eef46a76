/** Computes the order keys of stored events for targets that never had them, when a replay adds these targets. */
import { storedHead } from "../../bodies/body-content.ts";
import { bodyValuesOf } from "../../bodies/body-values.ts";
import { isPacked } from "../../bodies/content-encoding.ts";
import { orderKeyOf, WHOLE_TARGET } from "../../bodies/order-key.ts";
import type { EventFile } from "./event-file.ts";
import type { HeaderPairs } from "./types.ts";

/** Bytes of bodies read in one transaction: takes about 10 ms at worst, and 0.1 s if one is compressed. */
const MOST_BYTES = 1024 * 1024;

export type LaneKeys = Readonly<{
  /** Null if the event has no lane at a target that orders by this value path. */
  find: (eventId: string, orderBy: string) => string | null;
  /** True if so much was read that the rest belongs in another transaction. */
  isSpent: () => boolean;
}>;

export function createLaneKeys(file: EventFile): LaneKeys {
  let bytesRead = 0;
  let latest: Readonly<{ eventId: string; read: (orderBy: string) => string | null }> | null = null;

  function open(eventId: string): (orderBy: string) => string | null {
    const row = file.deliveries.event.get(eventId);
    if (row === null) return () => null;
    const headers: HeaderPairs = JSON.parse(row.headers);
    const head = storedHead({ contentType: row.content_type, headers });
    bytesRead += isPacked(row.body, head.contentEncoding) ? MOST_BYTES : row.body.byteLength;
    const values = bodyValuesOf(row.body, () => head);
    return (orderBy) => orderKeyOf(values, orderBy);
  }

  return {
    find(eventId, orderBy) {
      if (orderBy === WHOLE_TARGET) return WHOLE_TARGET;
      if (latest?.eventId !== eventId) latest = { eventId, read: open(eventId) };
      return latest.read(orderBy);
    },
    isSpent: () => bytesRead >= MOST_BYTES,
  };
}
