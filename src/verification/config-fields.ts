/** The settings that several providers share: schema and form field of each, side by side. */
import { z } from "zod";
import type { FormField } from "../settings/form-field.ts";
import type { Verifier } from "./provider.ts";
import { PLACE, readerOf } from "./request-place.ts";

export const MAX_KEY_LENGTH = 1_000;
const DAY_SECONDS = 86_400;

/** Pasted secrets come with spaces and line ends around them; none of the providers' own has any. */
export const secret = z.string().trim().min(1).max(MAX_KEY_LENGTH);

export const headerName = z
  .string()
  .trim()
  .max(100)
  .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, "is not a header's name");

export const place = z
  .string()
  .trim()
  .max(200)
  .regex(PLACE, "must be a header's name, or a path in the body such as $.event.type");

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
      help: "While the secret is being replaced: requests signed with this one are accepted too.",
    },
  ];
}

export function toleranceField(seconds: number | null): FormField {
  return {
    name: "tolerance_seconds",
    label: "Allowed age (s)",
    kind: "number",
    ...(seconds !== null && { placeholder: String(seconds) }),
    help: "A request whose signed time is further away from now, in either direction, is refused.",
  };
}

export const placeShape = {
  event_type: place
    .optional()
    .describe("Where the event's type stands: a header's name, or $.path in the body."),
  duplicate_id: place.optional().describe("Where the event's id stands, the same for every copy of it."),
};

export const placeFields: readonly FormField[] = [
  {
    name: "event_type",
    label: "Event type from",
    kind: "text",
    placeholder: "X-Event-Type or $.type",
    help: "A header's name, or a path in the body's JSON or form that begins with “$.”.",
  },
  {
    name: "duplicate_id",
    label: "Event id from",
    kind: "text",
    placeholder: "X-Event-Id or $.id",
    help: "What is the same for every copy of one event, written in the same way.",
  },
];

/** Null everywhere where the entrypoint's owner did not say where to look. */
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

/** Both secrets that are valid while one is being replaced, as bytes. */
export function bytesOfSecrets(
  config: Readonly<{ secret: string; previous_secret?: string | undefined }>,
  toBytes: (secret: string) => Uint8Array = (text) => new TextEncoder().encode(text),
): Uint8Array[] {
  const { secret: current, previous_secret: previous } = config;
  return previous === undefined ? [toBytes(current)] : [toBytes(current), toBytes(previous)];
}
