/** An entrypoint's verification as it is stored: the provider's type and its config, with sealed secrets. */
import { z } from "zod";

const schema = z.object({ type: z.string(), config: z.record(z.string(), z.unknown()) });

export type StoredVerification = Readonly<z.infer<typeof schema>>;

/** Throws on what is not one. */
export function parseVerification(stored: Readonly<Record<string, unknown>>): StoredVerification {
  return schema.parse(stored);
}
