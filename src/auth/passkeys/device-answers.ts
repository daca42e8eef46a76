/** Reads what a browser sends of a device's answer, as `PublicKeyCredential.toJSON()` writes it. */
import { z } from "zod";

const base64url = z.string().regex(/^[\w-]+$/);
const common = {
  id: base64url,
  rawId: base64url,
  type: z.literal("public-key"),
  // Extensions are neither asked for nor read.
  clientExtensionResults: z.looseObject({}).transform(() => ({})),
};

export const registrationAnswer = z.object({
  ...common,
  response: z.object({ clientDataJSON: base64url, attestationObject: base64url }),
});

export const signInAnswer = z.object({
  ...common,
  response: z.object({ clientDataJSON: base64url, authenticatorData: base64url, signature: base64url }),
});

/** Answers without attestation take about one kilobyte. */
const MAX_LENGTH = 20_000;

/** Null for anything else. */
export function readAnswer<T>(schema: z.ZodType<T>, text: string): T | null {
  if (text.length > MAX_LENGTH) return null;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
