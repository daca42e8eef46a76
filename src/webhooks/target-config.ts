/** A target's config between what a person sends, what is stored, and what is shown. */
import { AppError } from "../lib/errors.ts";
import {
  keepStoredSecrets,
  openConfig,
  redactConfig,
  type Sealer,
  sealConfig,
} from "../lib/sealed-config.ts";
import type { TargetRow } from "../storage/main-db/tables.ts";
import type { TargetTypes } from "../targets/registry.ts";
import type { TargetType } from "../targets/target-type.ts";
import { validate } from "./validate.ts";

type Stored = Pick<TargetRow, "id" | "type" | "config">;
type Shown = Readonly<{ config: Record<string, unknown>; summary: string }>;

export type TargetConfigs = ReturnType<typeof createTargetConfigs>;

export function createTargetConfigs({ targetTypes, keys }: { targetTypes: TargetTypes; keys: Sealer }) {
  /** Null when its secrets were sealed with a key that is lost. */
  function findOpened(type: TargetType, { id, config }: Stored): Record<string, unknown> | null {
    try {
      return openConfig({ type, config, owner: `targets:${id}`, keys });
    } catch (error) {
      if (error instanceof AppError && error.code === "secret_unreadable") return null;
      throw error;
    }
  }

  return {
    /** Checks and seals what a person sent; throws AppError invalid. `before` is the row that it changes. */
    toStored(options: { id: string; type: TargetType; sent: unknown; before?: Stored }) {
      const { id, type, sent, before } = options;
      // With lost secrets nothing can be kept, but all can be entered anew.
      const stored = before && findOpened(type, before);
      const kept = keepStoredSecrets({ type, config: sent, ...(stored && { stored }) });
      const config = validate({ schema: type.configSchema, value: kept, what: "target", within: "config" });
      return sealConfig({ type, config, owner: `targets:${id}`, keys });
    },

    /** Without secrets. Never throws for a row that cannot be used: it must be possible to see and cure it. */
    toShown(row: Stored): Shown {
      const type = targetTypes.find(row.type);
      if (!type) return { config: {}, summary: "This version of webhooker does not know the type." };
      const opened = findOpened(type, row);
      return {
        config: redactConfig({ type, config: row.config }),
        summary: opened
          ? type.summarize(opened)
          : "Its secrets were stored with another SECRET_KEY: enter them anew.",
      };
    },
  };
}
