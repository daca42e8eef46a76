/** A config with secrets in it, between what a person sends and what is stored; of targets and of entrypoints. */
import type { z } from "zod";
import { AppError } from "../lib/errors.ts";
import type { FormField } from "../settings/form-field.ts";
import {
  type ConfigOwner,
  keepStoredSecrets,
  openConfig,
  type Sealer,
  sealConfig,
} from "../settings/sealed-config.ts";
import { validate } from "./validate.ts";

type Type = Readonly<{
  fields: readonly FormField[];
  configSchema: z.ZodType;
  /** Takes the place of `configSchema` where a person sends a config; what is stored may be older than its rules. */
  inputSchema?: z.ZodType;
}>;
type Config = Record<string, unknown>;
type Sent = Readonly<{
  owner: ConfigOwner;
  type: Type;
  sent: unknown;
  /** The stored config that it changes. */
  before?: unknown;
}>;

export type ConfigKeeper = ReturnType<typeof createConfigKeeper>;

/** `what` and `within` name the thing and the field in the words of the faults. */
export function createConfigKeeper(deps: { keys: Sealer; what: string; within: string }) {
  const { keys, what, within } = deps;

  /** Null when its secrets were sealed with a key that is lost. */
  function findOpened(type: Type, config: unknown, owner: ConfigOwner): Config | null {
    try {
      return openConfig({ type, config, owner, keys });
    } catch (error) {
      if (error instanceof AppError && error.code === "secret_unreadable") return null;
      throw error;
    }
  }

  /** What a person sent, checked, with the stored secrets that were left out. Throws AppError invalid. */
  function toOpened({ owner, type, sent, before }: Sent): unknown {
    // With lost secrets nothing can be kept, but all can be entered anew.
    const stored = before === undefined ? null : findOpened(type, before, owner);
    const kept = keepStoredSecrets({ type, config: sent, within, ...(stored && { stored }) });
    return validate({ schema: type.inputSchema ?? type.configSchema, value: kept, what, within });
  }

  return {
    findOpened,
    toOpened,
    /** The same, sealed. */
    toStored: (given: Sent): Config =>
      sealConfig({ type: given.type, config: toOpened(given), owner: given.owner, keys }),
  };
}
