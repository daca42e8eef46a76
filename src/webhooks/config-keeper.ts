/** Converts a config with secrets between its sent, stored and opened forms, for targets and entrypoints. */
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
  /** Replaces `configSchema` for sent configs. Stored configs may be older than its rules. */
  inputSchema?: z.ZodType;
}>;
type Config = Record<string, unknown>;
type Sent = Readonly<{
  owner: ConfigOwner;
  type: Type;
  sent: unknown;
  /** The stored config that the sent one replaces. */
  before?: unknown;
}>;

/** `what` and `within` are the object and the field named in error messages. */
export function createConfigKeeper(deps: { keys: Sealer; what: string; within: string }) {
  const { keys, what, within } = deps;

  /** Returns the config with decrypted secrets; null if they were encrypted with a lost key. */
  function findOpened(type: Type, config: unknown, owner: ConfigOwner): Config | null {
    try {
      return openConfig({ type, config, owner, keys });
    } catch (error) {
      if (error instanceof AppError && error.code === "secret_unreadable") return null;
      throw error;
    }
  }

  /** Validates a sent config and fills in stored secrets that were left out. Throws AppError `invalid`. */
  function toOpened({ owner, type, sent, before }: Sent): unknown {
    // Lost secrets cannot be kept, but new ones can be entered.
    const stored = before === undefined ? null : findOpened(type, before, owner);
    const kept = keepStoredSecrets({ type, config: sent, within, ...(stored && { stored }) });
    return validate({ schema: type.inputSchema ?? type.configSchema, value: kept, what, within });
  }

  return {
    findOpened,
    toOpened,
    /** Validates like `toOpened`, and encrypts the secrets. */
    toStored: (given: Sent): Config =>
      sealConfig({
        type: given.type,
        config: toOpened(given),
        owner: given.owner,
        keys,
        ...(given.before !== undefined && { before: given.before }),
      }),
  };
}
