/** Schemas of the generic HMAC provider's settings, with checks that span several of them. */
import { z } from "zod";
import { headerName, placeShape, secretShape, toleranceSeconds } from "../config-fields.ts";
import { decode, decodeKey, ENCODINGS, HASHES } from "./signature.ts";
import { compileTemplate } from "./signed-template.ts";

const shape = z.strictObject({
  ...secretShape,
  secret_encoding: z
    .enum(["text", "base64", "hex", "base64url"])
    .default("text")
    .describe("The secret's encoding."),
  header: headerName.optional().describe("The header that contains one or more signatures."),
  signature_place: z
    .string()
    .trim()
    .max(200)
    .regex(/^(?:\?[^\s=&#]+|\$\.\S+)$/, "must be “?” and a query parameter name, or a path in the JSON body")
    .optional()
    .describe(
      "Where the signature is when it is not in a header: ?signature for the query, $.signature for a JSON body.",
    ),
  prefix: z
    .string()
    .max(200)
    .transform((text) => text.trimStart())
    .optional()
    .describe("Text before each signature, including a trailing space: sha256= or HMAC"),
  signature_key: z
    .string()
    .trim()
    .max(100)
    .optional()
    .describe(
      "For signatures written as key-value pairs: the key, such as v1 in t=1,v1=…. Separate several with commas.",
    ),
  timestamp_key: z
    .string()
    .trim()
    .max(50)
    .optional()
    .describe("The key of the pair that contains {timestamp}."),
  separator: z
    .string()
    .max(5)
    .optional()
    .describe("Characters that separate signatures or pairs; spaces always do. Default: a comma."),
  key_separator: z.string().max(5).optional().describe("The text between key and value. Default: =."),
  template: z
    .string()
    .min(1)
    .max(2_000)
    .transform((text) => text.replaceAll(/\r?\n/g, "{newline}"))
    .default("{body}")
    .describe("The signed text, with placeholders for parts of the request: {timestamp}.{body}"),
  unsigned_body: z
    .boolean()
    .optional()
    .describe("The sender does not sign the body, so anyone who intercepts a request can change it."),
  hash: z.enum(HASHES).default("sha256"),
  encoding: z.enum(ENCODINGS).default("hex").describe("The signature's encoding."),
  timestamp_header: headerName
    .optional()
    .describe(
      "The header that contains {timestamp}: seconds, milliseconds (or finer, detected by size), ISO 8601 (UTC without a zone) or an HTTP date.",
    ),
  id_header: headerName.optional().describe("The header that contains {id}."),
  tolerance_seconds: toleranceSeconds
    .optional()
    .describe("How many seconds the signed timestamp may be off. Without it, age is not checked."),
  ...placeShape,
});

export type HmacConfig = z.infer<typeof shape>;

type Fault = (field: keyof HmacConfig, message: string) => void;

function faultWith(context: z.core.$RefinementCtx): Fault {
  return (field, message) => context.addIssue({ code: "custom", path: [field], message });
}

/** Accepts stored settings. Stored settings must stay readable, so this schema must never become stricter. */
export const hmacConfigSchema = shape.superRefine((config, context) => {
  const fault = faultWith(context);
  checkPlaces(config, fault);
  checkTemplate(config, fault);
  const { secret_encoding: encoding } = config;
  if (encoding === "text") return;
  for (const name of ["secret", "previous_secret"] as const) {
    const value = config[name];
    if (value !== undefined && (decodeKey(value, encoding)?.byteLength ?? 0) === 0)
      fault(name, `is not ${encoding}`);
  }
});

/** Accepts settings on save. Beyond the stored schema, it rejects values that can only be a mistake. */
export const hmacInputSchema = hmacConfigSchema.superRefine((config, context) => {
  const fault = faultWith(context);
  const [unknown] = compileTemplate(config.template).unknown;
  if (unknown !== undefined) fault("template", `contains ${unknown}, which is not a known placeholder`);
  const { separator = "", encoding, secret_encoding: keyEncoding } = config;
  const alphabet = encoding === "hex" ? /[0-9a-f]/i : /[0-9a-z+/=_-]/i;
  if (alphabet.test(separator)) fault("separator", "cannot be a character that signatures contain");
  if (keyEncoding === "text") return;
  for (const name of ["secret", "previous_secret"] as const) {
    const value = config[name];
    if (value !== undefined && decodeKey(value, keyEncoding) !== null && decode(value, keyEncoding) === null)
      fault(name, `is incomplete ${keyEncoding}`);
  }
});

function checkPlaces(config: HmacConfig, fault: Fault): void {
  const { header, signature_place: place, signature_key: key, timestamp_key: timeKey } = config;
  if (header === undefined && place === undefined)
    fault("header", "is required, unless signature_place is set");
  if (header !== undefined && place !== undefined)
    fault("signature_place", "cannot be combined with the signature header");
  if (timeKey !== undefined && key === undefined)
    fault("signature_key", "is required, because the timestamp is in a pair next to it");
  if (timeKey !== undefined && config.timestamp_header !== undefined)
    fault("timestamp_key", "cannot be combined with the timestamp header");
}

type TemplateConfig = Pick<
  HmacConfig,
  "template" | "unsigned_body" | "timestamp_header" | "timestamp_key" | "id_header" | "tolerance_seconds"
>;

/** Calls `fault` with each problem of a template, and of the settings that its placeholders need. */
export function checkTemplate(
  config: TemplateConfig,
  fault: (field: keyof TemplateConfig, message: string) => void,
): void {
  const template = compileTemplate(config.template);
  if (!template.signsBody && config.unsigned_body !== true)
    fault("template", "must contain {body}; otherwise anyone could change the body");
  if (!template.signsBody && !template.tellsRequestsApart)
    fault("template", "must contain something that differs between requests");
  if (
    template.uses("timestamp") &&
    config.timestamp_header === undefined &&
    config.timestamp_key === undefined
  )
    fault("timestamp_header", "is required, because the template contains {timestamp}");
  if (template.uses("id") && config.id_header === undefined)
    fault("id_header", "is required, because the template contains {id}");
  if (config.tolerance_seconds !== undefined && !template.uses("timestamp"))
    fault("tolerance_seconds", "requires {timestamp} in the template: an unsigned timestamp proves nothing");
}
