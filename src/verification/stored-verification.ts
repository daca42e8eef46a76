/** An entrypoint's verification as stored: the provider's type and its config, with encrypted secrets. */
import { z } from "zod";

const schema = z.object({ type: z.string(), config: z.record(z.string(), z.unknown()) });

type StoredVerification = Readonly<z.infer<typeof schema>>;

/** Throws if the stored value has another shape. */
export function parseVerification(stored: Readonly<Record<string, unknown>>): StoredVerification {
  return schema.parse(stored);
}
