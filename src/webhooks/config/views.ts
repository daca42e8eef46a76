/** Shows rows in the words of a file of configuration, with their secrets sealed and with their secrets replaced. */
import { readSettings } from "../../settings/entrypoint-settings.ts";
import { REDACTED, redactConfig } from "../../settings/sealed-config.ts";
import { readWebhookSettings } from "../../settings/webhook-settings.ts";
import type { EntrypointRow, TargetRow, WebhookRow } from "../../storage/main-db/tables.ts";
import { readPolicy } from "../../targets/delivery-policy.ts";
import type { TargetTypes } from "../../targets/registry.ts";
import { readSigning } from "../../targets/signing.ts";
import type { Providers } from "../../verification/registry.ts";
import { parseVerification } from "../../verification/stored-verification.ts";
import type { View } from "./field-changes.ts";

export type Views = ReturnType<typeof createViews>;

type Managed = Readonly<{ key: string | null; managedBy: "file" | null }>;

export function createViews({ targetTypes, providers }: { targetTypes: TargetTypes; providers: Providers }) {
  return {
    /** `nameOf` names the target of notices as the file does. */
    webhook(row: WebhookRow, nameOf: (targetId: string) => string): View {
      const { notices, ...settings } = readWebhookSettings(row.settings);
      const { target_id: target, ...rest } = notices ?? {};
      const named = { ...managedOf(row), name: row.name, external_id: row.externalId };
      const view = { ...named, ...settings, notices: notices && { target, ...rest } };
      const shown = target ? nameOf(target) : target;
      return { stored: view, shown: { ...view, notices: notices && { target: shown, ...rest } } };
    },
    entrypoint(row: EntrypointRow): View {
      const rest = { ...managedOf(row), name: row.name, active: row.active, ...readSettings(row.settings) };
      if (row.verification === null) return same({ ...rest, verification: null });
      const { type, config } = parseVerification(row.verification);
      const provider = providers.find(type);
      // Without its provider every value may be a secret.
      const shown = provider ? redactConfig({ type: provider, config }) : hidden(config);
      return {
        stored: { ...rest, verification: { type, config } },
        shown: { ...rest, verification: { type, config: shown } },
      };
    },
    /** `version` stands for the one that the target will have. */
    target(row: TargetRow, version: number | "new" | null = row.transformationVersion): View {
      const type = targetTypes.find(row.type);
      const signing = readSigning(row.signing);
      const scheme = signing?.scheme ?? "none";
      const rest = {
        ...managedOf(row),
        name: row.name,
        active: row.active,
        transformation: version && { version },
        ...readPolicy(row.policy),
      };
      const secret = signing?.secret;
      return {
        stored: { ...rest, config: row.config, signing: { scheme, secret } },
        shown: {
          ...rest,
          config: type ? redactConfig({ type, config: row.config }) : hidden(row.config),
          signing: { scheme, secret: secret === undefined ? undefined : REDACTED },
        },
      };
    },
  };
}

/** By which key a file names an object, and whether one manages it, in the words of files and of the API. */
export function managedOf({ key, managedBy }: Managed) {
  return { key, managed_by: managedBy };
}

function same(view: View["stored"]): View {
  return { stored: view, shown: view };
}

function hidden(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.keys(config).map((name) => [name, REDACTED]));
}
