/** Reads the event that an entrypoint's owner wants to send, for forms and programs alike. */
import { z } from "zod";
import { HEADER_NAME } from "../lib/header-token.ts";
import type { HeaderPairs } from "../storage/event-db/types.ts";
import { validate } from "./validate.ts";

export const SENDABLE_METHODS = ["POST", "PUT", "PATCH", "DELETE", "GET"] as const;

const MOST_HEADERS = 100;
/** Set by the gateway, or of one connection only. */
const NOT_SENT = new Set([
  "content-length",
  "connection",
  "host",
  "transfer-encoding",
  "keep-alive",
  "upgrade",
  "te",
]);
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

const header = z.tuple([
  z.string().max(200).regex(HEADER_NAME, "is not a valid header name"),
  z.string().max(16_000).regex(HEADER_VALUE, "has a value that a header cannot carry"),
]);

/** Percent-encodes what a URL cannot contain as it is. */
const escaped = (text: string) => text.replace(/[^\x21-\x7e]+/gu, encodeURIComponent);

const ownEventShape = {
  entrypoint_id: z.string().describe("The entrypoint that receives it."),
  method: z.enum(SENDABLE_METHODS).default("POST"),
  path: z
    .string()
    .max(4_000)
    .regex(/^(\/[^?#]*)?$/, "must be empty, or begin with / and contain neither ? nor #")
    .transform(escaped)
    .default("")
    .describe("After the entrypoint's own path."),
  query: z
    .string()
    .max(8_000)
    .regex(/^[^#]*$/, "must not contain #")
    .transform((text) => escaped(text.replace(/^\?/, "")))
    .default("")
    .describe("Without its `?`."),
  headers: z
    .array(header)
    .max(MOST_HEADERS)
    .default([])
    .describe("Pairs of name and value. Those that are of a connection only are left out."),
  body: z.string().optional().describe("The body as text, sent as UTF-8."),
  body_base64: z.base64().optional().describe("The body's bytes, instead of `body`."),
  target_id: z
    .string()
    .nullish()
    .describe("The only target that gets it, whatever its filter says. Default: all that want it."),
  copy_of: z.string().nullish().describe("The event of which this is an edited copy."),
};

export const ownEventInput = z
  .strictObject(ownEventShape)
  .refine(({ body, body_base64 }) => body === undefined || body_base64 === undefined, {
    message: "must not be set together with body",
    path: ["body_base64"],
  })
  .meta({ id: "OwnEventInput" });

export type OwnEvent = Readonly<{
  entrypointId: string;
  request: Readonly<{
    method: string;
    pathTail: string;
    query: string;
    headers: HeaderPairs;
    body: Uint8Array;
  }>;
  targetId: string | null;
  copyOf: string | null;
}>;

/** Throws AppError `invalid`. */
export function readOwnEvent(input: unknown): OwnEvent {
  return toOwnEvent(validate({ schema: ownEventInput, value: input, what: "event" }));
}

export function toOwnEvent(given: z.infer<typeof ownEventInput>): OwnEvent {
  const { body_base64: base64, body = "" } = given;
  return {
    entrypointId: given.entrypoint_id,
    targetId: given.target_id ?? null,
    copyOf: given.copy_of ?? null,
    request: {
      method: given.method,
      pathTail: given.path,
      query: given.query,
      headers: given.headers.filter(([name]) => !isNotSent(name)),
      body: base64 === undefined ? new TextEncoder().encode(body) : Buffer.from(base64, "base64"),
    },
  };
}

/** Whether a header of a stored event is left out when it is sent again. */
export function isNotSent(name: string): boolean {
  return NOT_SENT.has(name.toLowerCase());
}
