/** Settings shared by several providers: the schema and form field of each, side by side. */
import { z } from "zod";
import { HEADER_NAME } from "../lib/header-token.ts";
import type { FormField } from "../settings/form-field.ts";
import type { Verifier } from "./provider.ts";
import { readerOf, VALUE_PATH } from "./request-place.ts";

const MAX_KEY_LENGTH = 1_000;
const DAY_SECONDS = 86_400;

/** Pasted secrets often have surrounding whitespace; no provider's own secret does. */
export const secret = z.string().trim().min(1).max(MAX_KEY_LENGTH);

export const headerName = z.string().trim().max(100).regex(HEADER_NAME, "is not a valid header name");

export const place = z
  .string()
  .trim()
  .max(200)
  .regex(VALUE_PATH, "must be a header name, or a path in the body such as $.event.type");

export const toleranceSeconds = z.int().min(1).max(DAY_SECONDS);

export const secretShape = { secret, previous_secret: secret.optional() };
export const timedSecretShape = { ...secretShape, tolerance_seconds: toleranceSeconds.optional() };

export function secretFields(label = "Signing secret", help?: string): FormField[] {
  return [
    {
      name: "secret",
      label,
      kind: "password",
      required: true,
      secret: true,
      ...(help !== undefined && { help }),
    },
    {
      name: "previous_secret",
      label: `Previous ${label.charAt(0).toLowerCase()}${label.slice(1)}`,
      kind: "password",
      secret: true,
      help: "Requests signed with this one are accepted too. Use it while you replace the secret.",
    },
  ];
}

export function toleranceField(seconds: number | null): FormField {
  return {
    name: "tolerance_seconds",
    label: "Allowed age (s)",
    kind: "number",
    ...(seconds !== null && { placeholder: String(seconds) }),
    help: "Requests whose timestamp is off by more than this many seconds are rejected.",
  };
}

export const placeShape = {
  event_type: place
    .optional()
    .describe("Where to find the event type: a header name, or $.path in the body."),
  duplicate_id: place
    .optional()
    .describe(
      "Where to find the event id, which is the same for every copy of an event: a header name, or $.path in the body.",
    ),
};

export const placeFields: readonly FormField[] = [
  {
    name: "event_type",
    label: "Event type from",
    kind: "text",
    placeholder: "X-Event-Type or $.type",
    help: "A header name, or a path into the JSON or form body that begins with “$.”.",
  },
  {
    name: "duplicate_id",
    label: "Event id from",
    kind: "text",
    placeholder: "X-Event-Id or $.id",
    help: "The value that is the same in every copy of an event. Same notation as above.",
  },
];

/** Builds readers for the event type and id. A reader returns null if its setting is empty. */
export function readersOf(config: {
  event_type?: string | undefined;
  duplicate_id?: string | undefined;
}): Pick<Verifier, "eventType" | "duplicateId"> {
  const { event_type: eventType, duplicate_id: duplicateId } = config;
  return {
    eventType: eventType === undefined ? () => null : readerOf(eventType),
    duplicateId: duplicateId === undefined ? () => null : readerOf(duplicateId),
  };
}

/** Returns the current and the previous secret as bytes; both are valid during a rotation. */
export function bytesOfSecrets(
  config: Readonly<{ secret: string; previous_secret?: string | undefined }>,
  toBytes: (secret: string) => Uint8Array = (text) => new TextEncoder().encode(text),
): Uint8Array[] {
  const { secret: current, previous_secret: previous } = config;
  return previous === undefined ? [toBytes(current)] : [toBytes(current), toBytes(previous)];
}
