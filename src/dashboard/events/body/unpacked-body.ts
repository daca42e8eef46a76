/** Decompresses a body for a page, with a note about it. */
import { unpackShown } from "../../../bodies/shown-text.ts";
import { contentEncodingOf, type HeaderPairs } from "../../../storage/event-db/types.ts";

export type UnpackedBody = Readonly<{
  body: Uint8Array;
  /** A sentence about the decompression; null if the body was not compressed. */
  note: string | null;
}>;

/** Runs off the event loop. Returns a body that cannot be decompressed as it is. */
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
