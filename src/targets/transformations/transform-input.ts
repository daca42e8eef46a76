/** A stored event as the code of a transformation sees it. */
import { charsetIn, createStrictDecode } from "../../bodies/charset.ts";
import { isPacked, unpackAside } from "../../bodies/content-encoding.ts";
import type { TransformInput } from "../../sandbox/answer.ts";
import { type HeaderList, headerOf, type ReceivedEvent } from "../target-type.ts";

export type TypedEvent = ReceivedEvent & Readonly<{ type: string | null }>;

export async function inputOf(
  event: TypedEvent,
  of: Readonly<{ webhookId: string; targetId: string }>,
): Promise<TransformInput> {
  return {
    at: event.receivedAt,
    method: event.method,
    path: event.pathTail,
    query: event.query,
    headers: joinedHeaders(event.headers),
    body: await textOf(event),
    context: {
      event_id: event.id,
      type: event.type,
      received_at: new Date(event.receivedAt).toISOString(),
      webhook_id: of.webhookId,
      entrypoint_id: event.entrypointId,
      target_id: of.targetId,
    },
  };
}

/** By name in lower case; those of one name joined by ", ". A name may be "__proto__", so the object has no prototype. */
export function joinedHeaders(headers: HeaderList): Record<string, string> {
  const joined: Record<string, string> = Object.create(null);
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    const known = joined[lower];
    joined[lower] = known === undefined ? value : `${known}, ${value}`;
  }
  return joined;
}

/** Unpacked and decoded; undefined where the body is no text. */
async function textOf({ body, headers, contentType }: ReceivedEvent): Promise<string | undefined> {
  const encoding = headerOf(headers, "content-encoding") ?? "";
  const unpacked = isPacked(body, encoding) ? await unpackAside(body, encoding) : { bytes: body };
  if ("fault" in unpacked) return undefined;
  return createStrictDecode(charsetIn(unpacked.bytes, contentType))(unpacked.bytes) ?? undefined;
}

/** Tells a version of a target's code from all other code in the sandbox. */
export function transformationKey(targetId: string, version: number): string {
  return `${targetId}:${version}`;
}
