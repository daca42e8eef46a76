/** Verifies Telnyx, which signs timestamp and body by ed25519. */
import { z } from "zod";
import { toleranceField, toleranceSeconds } from "../config-fields.ts";
import { readEd25519Key } from "../ed25519.ts";
import { createSchemeVerify } from "../hmac/hmac-scheme.ts";
import type { Provider } from "../provider.ts";
import { publicKeyFields, publicKeyShape, readKeys } from "../public-key.ts";
import { readerOf } from "../request-place.ts";
import { createIsSigned } from "./generic.ts";

const TOLERANCE_SECONDS = 300;
const SIGNATURE = "telnyx-signature-ed25519";

const readKey = (text: string) => readEd25519Key(text, "base64");
const configSchema = z.strictObject({
  ...publicKeyShape(readKey, "a public key as Telnyx shows it, in base64"),
  tolerance_seconds: toleranceSeconds.optional(),
});

/** https://developers.telnyx.com/development/api-fundamentals/webhooks/receiving-webhooks */
export const telnyxProvider: Provider<z.infer<typeof configSchema>> = {
  type: "telnyx",
  label: "Telnyx",
  description:
    "Checks the signature of Telnyx's requests with the account's public key (Mission Control Portal → Keys & Credentials → Public Key).",
  configSchema,
  fields: [...publicKeyFields("Public key"), toleranceField(TOLERANCE_SECONDS)],
  recognizes: (headers) => headers.has(SIGNATURE),
  prepare: (config) => ({
    verify: createSchemeVerify({
      scheme: {
        encoding: "base64",
        template: "{timestamp}|{body}",
        signatureFrom: SIGNATURE,
        timestampHeader: "telnyx-timestamp",
      },
      isSigned: createIsSigned({ keys: readKeys(config, readKey), hash: "sha256" }),
      toleranceSeconds: config.tolerance_seconds ?? TOLERANCE_SECONDS,
    }),
    eventType: readerOf("$.data.event_type"),
    duplicateId: readerOf("$.data.id"),
  }),
};
