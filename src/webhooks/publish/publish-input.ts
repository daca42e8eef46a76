/** Reads what a program publishes: events with a type and JSON, whose bytes stay as they were written. */
import { z } from "zod";
import { type JsonText, readJson } from "../../bodies/json-text.ts";
import { AppError } from "../../lib/errors.ts";
import type { Publication } from "../../settings/published-events.ts";

export const MAX_BATCH = 100;
export const MAX_TYPE_LENGTH = 128;
const MAX_KEY_LENGTH = 255;

const PRINTABLE = /^[\x21-\x7e]+$/;

export const eventTypeName = z
  .string()
  .min(1)
  .max(MAX_TYPE_LENGTH)
  .regex(PRINTABLE, "must have printable ASCII characters only, without spaces")
  .regex(/^[^*]*$/, "must not contain *");

const json = z.unknown();

export const publishInput = z
  .strictObject({
    type: eventTypeName.describe("The event type, such as `invoice.paid`."),
    data: json
      .optional()
      .describe(
        "Any JSON. The body is then as Standard Webhooks describes it: an object with `type`, `timestamp` and `data`.",
      ),
    payload: json.optional().describe("Any JSON: the whole body, instead of `data`."),
    id: z
      .string()
      .min(1)
      .max(128)
      .regex(/^[\w:@=+-]*$/, "must have letters, digits and _ : @ = + - only")
      .optional()
      .describe(
        "Your own id of the event: receivers get it as `webhook-id`. Without `Idempotency-Key` it is the idempotency key too.",
      ),
  })
  .refine(({ data, payload }) => (data === undefined) !== (payload === undefined), {
    message: "must be set, or payload, and not both",
    path: ["data"],
  })
  .meta({ id: "PublishInput", description: "An event to publish." });

export const publishBatchInput = z
  .strictObject({ events: z.array(publishInput).min(1).max(MAX_BATCH) })
  .meta({ id: "PublishBatchInput" });

type PublishInput = z.infer<typeof publishInput>;

/** `bytes` are those of `input`. Throws AppError `invalid`. */
export function readPublished(bytes: Uint8Array, input: PublishInput, key: string | null): Publication {
  return readOne(readText(bytes), { node: 0, input, key: key === null ? null : keyed("key", key) });
}

/** The same for several. A key is extended by each event's place. */
export function readPublishedBatch(
  bytes: Uint8Array,
  { events }: z.infer<typeof publishBatchInput>,
  key: string | null,
): readonly Publication[] {
  const text = readText(bytes);
  const nodes = text.itemsOf(text.find("events"));
  return events.map((input, place) => {
    const node = nodes.next().value ?? -1;
    return readOne(text, { node, input, key: key === null ? null : keyed(`batch-${place}`, key) });
  });
}

/** Reads the header. Throws AppError `invalid`. */
export function readIdempotencyKey(header: string | null): string | null {
  if (header === null) return null;
  const key = header.trim();
  if (key.length <= MAX_KEY_LENGTH && PRINTABLE.test(key)) return key;
  throw new AppError({
    kind: "invalid",
    code: "invalid_idempotency_key",
    message: `Idempotency-Key must have 1 to ${MAX_KEY_LENGTH} printable ASCII characters, without spaces.`,
    hint: "Send a UUID, or what names the event in your database.",
  });
}

type At = Readonly<{ node: number; input: PublishInput; key: string | null }>;

function readOne(text: JsonText, { node, input, key }: At): Publication {
  const { type, id = null } = input;
  const as = input.data === undefined ? "payload" : "data";
  const json = text.sourceOf(text.find(as, node));
  return { type, id, json, as, key: key ?? (id === null ? null : keyed("id", id)) };
}

/** Keys of different kinds never collide. */
function keyed(kind: string, key: string): string {
  return `published-${kind}:${key}`;
}

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

function readText(bytes: Uint8Array): JsonText {
  const hasMark = BYTE_ORDER_MARK.every((byte, at) => bytes[at] === byte);
  const text = readJson(hasMark ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes);
  if (typeof text !== "string") return text;
  throw new AppError({
    kind: "invalid",
    message: "The JSON has too many levels or too many names and values.",
    hint: "Send at most 128 levels and 200,000 names and values.",
  });
}
