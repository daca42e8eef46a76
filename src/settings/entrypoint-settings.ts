/** Settings of an entrypoint, as the API accepts them and as ingestion reads them. */
import { z } from "zod";
import { parseCidr } from "../lib/cidr.ts";
import { settableHeaderName } from "./header-name.ts";
import { findQuestionFaults, questionSettingsShape } from "./question-settings.ts";
import { isResponseHeader, isResponseType } from "./response-headers.ts";
import { mergeGiven } from "./setting-shapes.ts";
import { VALUE_PATH } from "./value-path.ts";

/** Methods of requests that are stored as events. */
const EVENT_METHODS = ["POST", "GET", "PUT", "PATCH", "DELETE"] as const;

/** Methods with which some senders check, before they accept a URL, whether something responds; no event is stored. */
export const QUESTION_METHODS = ["HEAD", "OPTIONS"] as const;

export const ENTRYPOINT_METHODS = [...EVENT_METHODS, ...QUESTION_METHODS] as const;

const eventMethods: readonly string[] = EVENT_METHODS;

/** Units that the documentation of senders uses. */
export const RATE_UNITS = ["second", "minute"] as const;

/** No sender reads a longer response. */
const MAX_RESPONSE_BODY = 16 * 1024;
const MAX_RESPONSE_HEADERS = 20;
const MAX_NETWORKS = 200;
const MAX_PLACE = 200;
/** Largest possible MAX_BODY_BYTES. */
const MAX_BODY_LIMIT = 1024 ** 3;
const MAX_RATE = 100_000;

/** Values of `event_type_from` that are no places. */
const AUTO_TYPE = "auto";
export const NO_TYPE = "none";

const HEADER_VALUE = /^[\x20-\x7e]*$/;

const place = z
  .string()
  .max(MAX_PLACE)
  .regex(VALUE_PATH, "must be a header name, or a path in the body such as $.data.id");

export const entrypointSettingsShape = {
  methods: z
    .array(z.enum(ENTRYPOINT_METHODS))
    .min(1, "must contain at least one")
    .max(ENTRYPOINT_METHODS.length)
    .refine((methods) => methods.length === 0 || methods.some((method) => eventMethods.includes(method)), {
      error: `must contain at least one of: ${EVENT_METHODS.join(", ")}`,
    })
    .describe("Accepted methods; others get 405. HEAD and OPTIONS get 200 and store no event.")
    .default(["POST"]),
  response_status: z
    .int()
    .min(200)
    .max(299)
    .describe("Status of the response once the event is on disk, which is what 2xx confirms.")
    .default(200),
  response_headers: z
    .record(settableHeaderName, z.string().max(1_000).regex(HEADER_VALUE, "must be printable ASCII"))
    .refine((headers) => Object.keys(headers).length <= MAX_RESPONSE_HEADERS, {
      error: `must have at most ${MAX_RESPONSE_HEADERS} headers`,
    })
    .describe(
      "Headers of the response: custom names (X-…) on which no browser or proxy acts, Content-Language, and CORS headers. X-Webhooker-Event-Id is always sent too.",
    )
    .default({}),
  response_body: z
    .string()
    .max(MAX_RESPONSE_BODY)
    .nullable()
    .describe('Body of the response; {id} is replaced by the event\'s id. null: {"id": …}.')
    .default(null),
  response_content_type: z
    .string()
    .max(200)
    .refine(isResponseType, "must be a data type, such as text/plain, application/json or text/xml")
    .nullable()
    .describe(
      "Content type of `response_body`: a data type such as text/plain, application/json or text/xml; null: text/plain.",
    )
    .default(null),
  max_body_bytes: z
    .int()
    .min(0)
    .max(MAX_BODY_LIMIT)
    .nullable()
    .describe("Larger bodies get 413. null: MAX_BODY_BYTES, which always applies.")
    .default(null),
  rate_limit: z
    .int()
    .min(1)
    .max(MAX_RATE)
    .nullable()
    .describe(
      "Maximum requests within `rate_limit_per`; more get 429 with Retry-After. Requests that cannot be verified have an equal limit of their own. null: no limit.",
    )
    .default(null),
  rate_limit_per: z.enum(RATE_UNITS).describe("Unit of `rate_limit`.").default("second"),
  rate_limit_burst: z
    .int()
    .min(1)
    .max(MAX_RATE)
    .nullable()
    .describe("Burst: requests allowed in a row after a pause; null: `rate_limit`.")
    .default(null),
  allowed_networks: z
    .array(
      z
        .string()
        .trim()
        .max(50)
        .refine((text) => parseCidr(text) !== null, {
          error: "must be an address or a network such as 192.0.2.0/24 or 2001:db8::/32",
        }),
    )
    .max(MAX_NETWORKS)
    .describe("Networks that may send; others get 403. Empty: any.")
    .default([]),
  event_type_from: place
    .nullable()
    .describe(
      "Location of an event's type: a header name, or a path in the body such as $.type, which leads into JSON, to a form field, or into the JSON of the form field `payload`. `auto` (null means the same): as the provider of the verification defines, else the type of a CloudEvent, else the first well-known header such as X-GitHub-Event, else the text at type, event_type, event, topic or action at the top of the body. `none`: events have no type.",
    )
    .default(AUTO_TYPE),
  deduplicate_by: z
    .enum(["off", "provider", "value", "body"])
    .describe(
      "Key that identifies duplicates: the event id of the verification's provider, `deduplicate_value`, or the whole body. A duplicate is a request with the key, method, path, query and body of a stored event: it gets that event's id in the response and is not stored, as long as that event is kept.",
    )
    .default("off"),
  deduplicate_value: place
    .nullable()
    .describe(
      "With `value`: a header name, or a path in the body such as $.id. Numbers are compared as written: 1 and 1.0 are different values.",
    )
    .default(null),
  deduplicate_differing: z
    .enum(["store", "drop"])
    .describe(
      "Handling of a request that has the key of a stored event but another body, method, path or query. `store`: it becomes a separate event, whose `same_key_as` names the oldest one. `drop`: it counts as a duplicate, and its content is lost.",
    )
    .default("store"),
  keep_rejected: z
    .boolean()
    .describe(
      "Keep requests that cannot be verified for a while, so that they can be re-verified once a wrong secret is fixed.",
    )
    .default(true),
  ...questionSettingsShape,
};

export const entrypointSettingsSchema = z
  .strictObject(entrypointSettingsShape)
  .superRefine((settings, context) => {
    for (const { field, message } of findQuestionFaults(settings))
      context.addIssue({ code: "custom", path: [field], message });
    if (settings.deduplicate_by !== "value" || settings.deduplicate_value !== null) return;
    const message = "must name the value's location, because deduplicate_by is value";
    context.addIssue({ code: "custom", path: ["deduplicate_value"], message });
  });

export function isAutoType(place: string | null): place is "auto" | null {
  return place === null || place === AUTO_TYPE;
}

/** Settings as the API, the forms and the database represent them. */
export type EntrypointSettings = z.output<typeof entrypointSettingsSchema>;

/**
 * Settings stored before responses were restricted: a forbidden header is left out, a forbidden type becomes the
 * default.
 */
const storedResponse = z.looseObject({
  response_headers: z.record(z.string(), z.unknown()).optional(),
  response_content_type: z.string().nullish(),
});

function withSafeResponse(stored: unknown): unknown {
  const answer = storedResponse.safeParse(stored ?? {});
  if (!answer.success) return stored;
  const { response_headers: headers = {}, response_content_type: type = null } = answer.data;
  const kept = Object.entries(headers).filter(([name]) => isResponseHeader(name));
  return {
    ...answer.data,
    response_headers: Object.fromEntries(kept),
    response_content_type: type !== null && isResponseType(type) ? type : null,
  };
}

/**
 * Completes stored settings, or nothing, with the defaults. Throws a ZodError on anything this schema did not write.
 */
export function readSettings(stored: unknown): EntrypointSettings {
  return entrypointSettingsSchema.parse(withSafeResponse(stored));
}

/**
 * Merges the settings in `sent` into what is stored, or into the defaults. The result is not validated as a whole yet.
 */
export function mergeSettings(
  sent: Readonly<Record<string, unknown>>,
  stored: unknown,
): Record<string, unknown> {
  return mergeGiven({ shape: entrypointSettingsShape, given: sent, stored: readSettings(stored) });
}

/** Returns the settings to store: null if all are defaults, so that such an entrypoint costs nothing. */
export function storedSettings(settings: EntrypointSettings): EntrypointSettings | null {
  return JSON.stringify(settings) === JSON.stringify(readSettings({})) ? null : settings;
}
