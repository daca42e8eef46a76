/** Writes a config for a file of configuration: without defaults, and with placeholders instead of secrets. */
import type { z } from "zod";
import { AppError } from "../../lib/errors.ts";
import type { FormField } from "../../settings/form-field.ts";
import {
  type ConfigOwner,
  openConfig,
  REDACTED,
  redactConfig,
  type Sealer,
} from "../../settings/sealed-config.ts";

type Fields = Readonly<Record<string, unknown>>;
type Type = Readonly<{ fields: readonly FormField[]; configSchema: z.ZodType }>;

export function createExportedConfigs({ keys }: { keys: Sealer }) {
  function open(type: Type, config: Fields, owner: ConfigOwner): Fields | null {
    try {
      return openConfig({ type, config, owner, keys });
    } catch (error) {
      if (error instanceof AppError && error.code === "secret_unreadable") return null;
      throw error;
    }
  }

  return {
    exported(of: {
      type: Type;
      config: Fields;
      owner: ConfigOwner;
      placeholder: (path: readonly string[]) => string;
    }): Record<string, unknown> {
      const { type, config, owner, placeholder } = of;
      const opened = open(type, config, owner);
      const kept = opened === null ? config : withoutDefaults(type, opened);
      const shown = redactConfig({ type, config });
      return Object.fromEntries(
        Object.keys(kept).map((name) => [name, withPlaceholders(shown[name], [name], placeholder)]),
      );
    },
  };
}

/** A field is left out if the type fills in the same value for it. */
function withoutDefaults({ configSchema }: Type, config: Fields): Fields {
  const whole = configSchema.safeParse(config).data;
  if (whole === undefined) return config;
  const isWhole = (fields: Fields) => {
    const parsed = configSchema.safeParse(fields);
    return parsed.success && Bun.deepEquals(parsed.data, whole);
  };
  const kept = Object.fromEntries(
    Object.entries(config).filter(([name]) => {
      const { [name]: _left, ...rest } = config;
      return !isWhole(rest);
    }),
  );
  // One field's default may depend on another field.
  return isWhole(kept) ? kept : config;
}

function withPlaceholders(
  value: unknown,
  path: readonly string[],
  placeholder: (path: readonly string[]) => string,
): unknown {
  if (value === REDACTED) return placeholder(path);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      withPlaceholders(inner, [...path, name], placeholder),
    ]),
  );
}
