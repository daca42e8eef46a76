/** What an entrypoint takes and how it answers, as the API takes it and as ingestion reads it. */
import { z } from "zod";
import { parseCidr } from "../lib/cidr.ts";
import { isAnswerHeader, isAnswerType } from "./answer-headers.ts";
import { settableHeaderName } from "./header-name.ts";
import { findQuestionFaults, questionSettingsShape } from "./question-settings.ts";
import { mergeGiven } from "./setting-shapes.ts";
import { PLACE } from "./value-path.ts";

/** Requests by these are stored as events. */
const EVENT_METHODS = ["POST", "GET", "PUT", "PATCH", "DELETE"] as const;

/** Some senders ask by these, before they take a URL, whether something answers there; no event is stored. */
export const QUESTION_METHODS = ["HEAD", "OPTIONS"] as const;

export const ENTRYPOINT_METHODS = [...EVENT_METHODS, ...QUESTION_METHODS] as const;

const eventMethods: readonly string[] = EVENT_METHODS;

/** A second and a minute are what senders' own documentations count in. */
export const RATE_UNITS = ["second", "minute"] as const;

/** Longer answers are nothing that a sender reads. */
const MAX_RESPONSE_BODY = 16 * 1024;
const MAX_RESPONSE_HEADERS = 20;
const MAX_NETWORKS = 200;
const MAX_PLACE = 200;
/** What MAX_BODY_BYTES can be at most. */
const MAX_BODY_LIMIT = 1024 ** 3;
const MAX_RATE = 100_000;

/** Values of `event_type_from` that are no places. */
const AUTO_TYPE = "auto";
export const NO_TYPE = "none";

const HEADER_VALUE = /^[\x20-\x7e]*$/;

const place = z
  .string()
  .max(MAX_PLACE)
  .regex(PLACE, "must be a header's name, or a path in the body such as $.data.id");

export const entrypointSettingsShape = {
  methods: z
    .array(z.enum(ENTRYPOINT_METHODS))
    .min(1, "must name at least one")
    .max(ENTRYPOINT_METHODS.length)
    .refine((methods) => methods.length === 0 || methods.some((method) => eventMethods.includes(method)), {
      error: `must name one that events come with: ${EVENT_METHODS.join(", ")}`,
    })
    .describe("Accepted methods; others get 405. HEAD and OPTIONS get 200 and store no event.")
    .default(["POST"]),
  response_status: z
    .int()
    .min(200)
    .max(299)
    .describe("Answered once the event is on disk, which is what a 2xx says.")
    .default(200),
  response_headers: z
    .record(settableHeaderName, z.string().max(1_000).regex(HEADER_VALUE, "must be printable ASCII"))
    .refine((headers) => Object.keys(headers).length <= MAX_RESPONSE_HEADERS, {
      error: `must have at most ${MAX_RESPONSE_HEADERS} headers`,
    })
    .describe(
      "Headers of the answer: names of your own (X-…) on which no browser or proxy acts, Content-Language, and those of CORS. X-Webhooker-Event-Id is always among them.",
    )
    .default({}),
  response_body: z
    .string()
    .max(MAX_RESPONSE_BODY)
    .nullable()
    .describe('Body of the answer, in which {id} stands for the event\'s id; null: {"id": …}.')
    .default(null),
  response_content_type: z
    .string()
    .max(200)
    .refine(isAnswerType, "must be a type of data, such as text/plain, application/json or text/xml")
    .nullable()
    .describe(
      "Of `response_body`: a type of data, such as text/plain, application/json or text/xml; null: text/plain.",
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
      "Requests within `rate_limit_per`; more are answered 429 with Retry-After. Requests that cannot be verified have an equal limit of their own. null: as many as come.",
    )
    .default(null),
  rate_limit_per: z.enum(RATE_UNITS).describe("What `rate_limit` counts in.").default("second"),
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
      "Where to find an event's type: a header's name, or a path in the body such as $.type, which leads into JSON, to a form's field, or into the JSON of its field `payload`. `auto` (null means the same): as the provider of the verification defines, else the type of a CloudEvent, else the first well-known header such as X-GitHub-Event, else the text at type, event_type, event, topic or action at the top of the body. `none`: events have no type.",
    )
    .default(AUTO_TYPE),
  deduplicate_by: z
    .enum(["off", "provider", "value", "body"])
    .describe(
      "How copies of an event are recognized: by the id of the provider of the verification, by `deduplicate_value`, or by the whole body. A copy is a request with the key, method, path, query and body of a stored event: it is answered with that event's id and not stored, for as long as that event is kept.",
    )
    .default("off"),
  deduplicate_value: place
    .nullable()
    .describe(
      "With `value`: a header's name, or a path in the body such as $.id. A number counts as it is written: 1 and 1.0 are two values.",
    )
    .default(null),
  deduplicate_differing: z
    .enum(["store", "drop"])
    .describe(
      "What becomes of a request that has the key of a stored event but another body, method, path or query. `store`: it is an event of its own, whose `same_key_as` names the oldest one. `drop`: it is taken for a copy, and its content is lost.",
    )
    .default("store"),
  keep_rejected: z
    .boolean()
    .describe(
      "Whether requests that could not be verified are kept for a while, to be verified again once a wrong secret is mended.",
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
    const message = "must say where the value stands, as deduplicate_by is value";
    context.addIssue({ code: "custom", path: ["deduplicate_value"], message });
  });

export function isAutoType(place: string | null): place is "auto" | null {
  return place === null || place === AUTO_TYPE;
}

/** As it stands in the API, in the forms and in the database. */
export type EntrypointSettings = z.output<typeof entrypointSettingsSchema>;

/** What this asks of an answer was not asked once: such a header is left out, and such a type falls to the default. */
const storedAnswer = z.looseObject({
  response_headers: z.record(z.string(), z.unknown()).optional(),
  response_content_type: z.string().nullish(),
});

function withSafeAnswer(stored: unknown): unknown {
  const answer = storedAnswer.safeParse(stored ?? {});
  if (!answer.success) return stored;
  const { response_headers: headers = {}, response_content_type: type = null } = answer.data;
  const kept = Object.entries(headers).filter(([name]) => isAnswerHeader(name));
  return {
    ...answer.data,
    response_headers: Object.fromEntries(kept),
    response_content_type: type !== null && isAnswerType(type) ? type : null,
  };
}

/** Completes what is stored, or nothing, by the defaults. Throws a ZodError on what this schema did not write. */
export function readSettings(stored: unknown): EntrypointSettings {
  return entrypointSettingsSchema.parse(withSafeAnswer(stored));
}

/** What `sent` says of settings, over what is stored or the defaults; not checked as a whole yet. */
export function mergeSettings(
  sent: Readonly<Record<string, unknown>>,
  stored: unknown,
): Record<string, unknown> {
  return mergeGiven({ shape: entrypointSettingsShape, given: sent, stored: readSettings(stored) });
}

/** What is to be stored: null where all is as it is by default, so that such an entrypoint costs nothing. */
export function storedSettings(settings: EntrypointSettings): EntrypointSettings | null {
  return JSON.stringify(settings) === JSON.stringify(readSettings({})) ? null : settings;
}
