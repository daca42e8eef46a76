/** Converts a target's config between its sent, stored and shown forms. */
import { redactConfig, type Sealer } from "../settings/sealed-config.ts";
import type { TargetRow } from "../storage/main-db/tables.ts";
import type { TargetTypes } from "../targets/registry.ts";
import type { TargetType } from "../targets/target-type.ts";
import { createConfigKeeper } from "./config-keeper.ts";

type Stored = Pick<TargetRow, "id" | "type" | "config">;
type Shown = Readonly<{
  config: Record<string, unknown>;
  summary: string;
  /** Why no delivery can succeed, such as an address that no target may reach; null if nothing is known. */
  warning: string | null;
}>;

function warningOf(type: TargetType, config: unknown): string | null {
  const refusal = type.refusal?.(config) ?? null;
  return refusal === null ? null : `Every delivery will fail, because ${refusal}.`;
}

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
      if (!type) {
        const summary = "This version of webhooker does not know this type.";
        return { config: {}, summary, warning: null };
      }
      const opened = keeper.findOpened(type, row.config, `targets:${row.id}`);
      return {
        config: redactConfig({ type, config: row.config }),
        summary: opened
          ? type.summarize(opened)
          : "Its secrets were stored with another SECRET_KEY. Enter them again.",
        warning: opened ? warningOf(type, opened) : null,
      };
    },
  };
}
