/** The generic provider for any other sender that signs by HMAC, as described by the entrypoint's owner. */
import { bytesOfSecrets, readersOf } from "../config-fields.ts";
import type { Provider } from "../provider.ts";
import { type HmacConfig, hmacConfigSchema, hmacInputSchema } from "./hmac-config.ts";
import { hmacFields } from "./hmac-fields.ts";
import { createHmacVerify } from "./hmac-scheme.ts";
import { createHmacSign } from "./hmac-sign.ts";
import { decodeKey } from "./signature.ts";

const encoder = new TextEncoder();

function bytesOf(secret: string, encoding: HmacConfig["secret_encoding"]): Uint8Array {
  const bytes = encoding === "text" ? null : decodeKey(secret, encoding);
  return bytes ?? encoder.encode(secret);
}

/** Splits "v1, v2" into keys. */
function keysIn(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((key) => key !== "");
}

export const hmacProvider: Provider<HmacConfig> = {
  type: "hmac",
  label: "HMAC",
  description:
    "Checks the HMAC signature of any other sender. You set what is signed, how, and in which header the signature is.",
  configSchema: hmacConfigSchema,
  inputSchema: hmacInputSchema,
  fields: hmacFields,
  prepare(config) {
    const { secret_encoding: encoding, signature_key: key } = config;
    const ownKey = bytesOf(config.secret, encoding);
    const scheme = {
      hash: config.hash,
      encoding: config.encoding,
      template: config.template,
      // The schema requires one of the two.
      signatureFrom: config.header ?? config.signature_place ?? "",
      prefix: config.prefix,
      separator: config.separator,
      signatureKeys: key === undefined ? undefined : keysIn(key),
      timestampKey: config.timestamp_key,
      keySeparator: config.key_separator,
      idHeader: config.id_header,
      timestampHeader: config.timestamp_header,
    };
    return {
      ...readersOf(config),
      key: ownKey,
      sign: createHmacSign(scheme, ownKey),
      verify: createHmacVerify({
        scheme,
        keys: bytesOfSecrets(config, (secret) => bytesOf(secret, encoding)),
        toleranceSeconds: config.tolerance_seconds ?? null,
      }),
    };
  },
};
