/** The generic provider for whatever else signs by HMAC: the entrypoint's owner describes how. */
import { z } from "zod";
import {
  bytesOfSecrets,
  headerName,
  placeFields,
  placeShape,
  readersOf,
  secretFields,
  secretShape,
  toleranceField,
  toleranceSeconds,
} from "./config-fields.ts";
import { createHmacVerify } from "./hmac-scheme.ts";
import type { Provider } from "./provider.ts";
import { decode } from "./signature.ts";
import { compileTemplate } from "./signed-template.ts";

const configSchema = z
  .strictObject({
    ...secretShape,
    secret_encoding: z.enum(["text", "base64", "hex"]).default("text").describe("How the secret is written."),
    header: headerName.describe("The header that holds the signature."),
    prefix: z.string().trim().max(50).optional().describe("What stands before the signature: sha256="),
    template: z
      .string()
      .min(1)
      .max(200)
      .default("{body}")
      .describe("What is signed: {id}, {timestamp}, {body} and {url} stand for those of the request."),
    hash: z.enum(["sha256", "sha512", "sha1"]).default("sha256"),
    encoding: z.enum(["hex", "base64"]).default("hex").describe("How the signature is written."),
    timestamp_header: headerName.optional().describe("Holds {timestamp}: seconds, milliseconds or RFC 3339."),
    id_header: headerName.optional().describe("Holds {id}."),
    tolerance_seconds: toleranceSeconds
      .optional()
      .describe("How far the signed time may be away from now; without it that is not checked."),
    ...placeShape,
  })
  .superRefine((config, context) => {
    const fault = (field: string, message: string) =>
      context.addIssue({ code: "custom", path: [field], message });
    const template = compileTemplate(config.template);
    if (!template.uses("body"))
      fault("template", "must contain {body}: else anyone could change what is sent");
    if (template.uses("timestamp") && config.timestamp_header === undefined)
      fault("timestamp_header", "is needed, as the template contains {timestamp}");
    if (template.uses("id") && config.id_header === undefined)
      fault("id_header", "is needed, as the template contains {id}");
    if (config.tolerance_seconds !== undefined && !template.uses("timestamp"))
      fault(
        "tolerance_seconds",
        "needs {timestamp} in the template: a time that is not signed proves nothing",
      );
    const { secret_encoding: encoding } = config;
    if (encoding === "text") return;
    for (const name of ["secret", "previous_secret"] as const) {
      const value = config[name];
      if (value !== undefined && (decode(value, encoding)?.byteLength ?? 0) === 0)
        fault(name, `is not ${encoding}`);
    }
  });

type Config = z.infer<typeof configSchema>;

const encoder = new TextEncoder();

function bytesOf(secret: string, encoding: Config["secret_encoding"]): Uint8Array {
  return encoding === "text" ? encoder.encode(secret) : (decode(secret, encoding) ?? encoder.encode(secret));
}

export const hmacProvider: Provider<Config> = {
  type: "hmac",
  label: "HMAC",
  description: "Checks a signature by HMAC of any other sender: say what it signs, how, and in which header.",
  configSchema,
  fields: [
    ...secretFields(),
    {
      name: "secret_encoding",
      label: "The secret is written as",
      kind: "select",
      options: [
        { value: "text", label: "text, used as it is" },
        { value: "base64", label: "base64" },
        { value: "hex", label: "hex" },
      ],
    },
    { name: "header", label: "Signature header", kind: "text", required: true, placeholder: "X-Signature" },
    {
      name: "prefix",
      label: "Prefix",
      kind: "text",
      placeholder: "sha256=",
      help: "What stands before the signature in the header.",
    },
    {
      name: "template",
      label: "Signed text",
      kind: "text",
      placeholder: "{body}",
      help: "{id}, {timestamp}, {body} and {url} stand for those of the request: {timestamp}.{body}",
    },
    {
      name: "hash",
      label: "Hash",
      kind: "select",
      options: [
        { value: "sha256", label: "SHA-256" },
        { value: "sha512", label: "SHA-512" },
        { value: "sha1", label: "SHA-1" },
      ],
    },
    {
      name: "encoding",
      label: "The signature is written as",
      kind: "select",
      options: [
        { value: "hex", label: "hex" },
        { value: "base64", label: "base64" },
      ],
    },
    {
      name: "timestamp_header",
      label: "Timestamp header",
      kind: "text",
      placeholder: "X-Timestamp",
      help: "Holds {timestamp}: seconds, milliseconds or RFC 3339.",
    },
    { name: "id_header", label: "Id header", kind: "text", placeholder: "X-Id", help: "Holds {id}." },
    toleranceField(null),
    ...placeFields,
  ],
  prepare(config) {
    const { secret_encoding: encoding } = config;
    return {
      ...readersOf(config),
      verify: createHmacVerify({
        scheme: {
          hash: config.hash,
          encoding: config.encoding,
          template: config.template,
          header: config.header,
          prefix: config.prefix,
          idHeader: config.id_header,
          timestampHeader: config.timestamp_header,
        },
        keys: bytesOfSecrets(config, (secret) => bytesOf(secret, encoding)),
        toleranceSeconds: config.tolerance_seconds ?? null,
      }),
    };
  },
};
