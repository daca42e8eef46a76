/** A body as it was before it was compressed, for a page, which says so beside it. */
import { unpackShown } from "../../bodies/shown-text.ts";
import { contentEncodingOf, type HeaderPairs } from "../../storage/event-db/types.ts";

export type UnpackedBody = Readonly<{
  body: Uint8Array;
  /** A sentence; null where it was not compressed. */
  note: string | null;
}>;

/** Off the event loop. One that cannot be unpacked is what it is. */
export async function unpackForPage(
  sent: Readonly<{ headers: HeaderPairs; body: Uint8Array }>,
): Promise<UnpackedBody> {
  const { headers, body } = sent;
  const encoding = contentEncodingOf(headers);
  const unpacked = await unpackShown(body, encoding);
  if ("fault" in unpacked) return { body, note: `${unpacked.fault} It is shown as it was sent.` };
  if (unpacked.bytes === body) return { body, note: null };
  return { body: unpacked.bytes, note: `Sent compressed (${encoding}), shown decompressed.` };
}
