/** Converts a target's config between its sent, stored and shown forms. */
import { redactConfig, type Sealer } from "../settings/sealed-config.ts";
import type { TargetRow } from "../storage/main-db/tables.ts";
import type { TargetTypes } from "../targets/registry.ts";
import type { TargetType } from "../targets/target-type.ts";
import { createConfigKeeper } from "./config-keeper.ts";

type Stored = Pick<TargetRow, "id" | "type" | "config">;
type Shown = Readonly<{ config: Record<string, unknown>; summary: string }>;

export function createTargetConfigs({ targetTypes, keys }: { targetTypes: TargetTypes; keys: Sealer }) {
  const keeper = createConfigKeeper({ keys, what: "target", within: "config" });
  return {
    /**
     * Validates a sent config and encrypts its secrets; throws AppError `invalid`. `before` is the row that it changes.
     */
    toStored(options: { id: string; type: TargetType; sent: unknown; before?: Stored }) {
      const { id, type, sent, before } = options;
      return keeper.toStored({ owner: `targets:${id}`, type, sent, before: before?.config });
    },

    /** Returns the config without secrets. Never throws for an unusable row, so that users can see and repair it. */
    toShown(row: Stored): Shown {
      const type = targetTypes.find(row.type);
      if (!type) return { config: {}, summary: "This version of webhooker does not know this type." };
      const opened = keeper.findOpened(type, row.config, `targets:${row.id}`);
      return {
        config: redactConfig({ type, config: row.config }),
        summary: opened
          ? type.summarize(opened)
          : "Its secrets were stored with another SECRET_KEY. Enter them again.",
      };
    },
  };
}
