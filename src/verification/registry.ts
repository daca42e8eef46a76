/** Every verification provider there is: a new one is its file and its line in this list. */
import type { z } from "zod";
import { AppError } from "../lib/errors.ts";
import { hmacProvider } from "./hmac.ts";
import { hmacProviders } from "./hmac-providers.ts";
import type { Provider } from "./provider.ts";

export type Providers = Readonly<{
  /** Throws AppError invalid for a type there is not. */
  get: (type: string) => Provider;
  find: (type: string) => Provider | null;
  /** In the order in which forms offer them; of those that recognize a request the first is proposed. */
  list: () => readonly Provider[];
}>;

export function createProviders(): Providers {
  const all: readonly Provider[] = [...hmacProviders.map(checked), checked(hmacProvider)];
  const byType = new Map(all.map((provider) => [provider.type, provider]));
  return {
    find: (type) => byType.get(type) ?? null,
    list: () => all,
    get(type) {
      const found = byType.get(type);
      if (found !== undefined) return found;
      const known = all.map((each) => each.type).join(", ");
      throw new AppError({
        kind: "invalid",
        message: "There is no such verification provider.",
        hint: `Use one of: ${known}.`,
        details: [{ path: "verification.type", message: `must be one of: ${known}` }],
      });
    },
  };
}

/** A provider whose config is whatever was stored: `prepare` throws where the schema does not take it any more. */
function checked<Config>(inner: Provider<Config>): Provider {
  const configSchema: z.ZodType<Config> = inner.configSchema;
  return { ...inner, prepare: (config) => inner.prepare(configSchema.parse(config)) };
}
