/** Turns what people and programs send of an entrypoint into its row. */
import type { z } from "zod";
import {
  entrypointSettingsSchema,
  mergeSettings,
  storedSettings,
} from "../../settings/entrypoint-settings.ts";
import type { EntrypointRow } from "../../storage/main-db/tables.ts";
import type { UseCaseDeps } from "../deps.ts";
import { createVerifications } from "../entrypoint-verification.ts";
import type { entrypointChange } from "../schemas.ts";
import { validate } from "../validate.ts";

const DEFAULT_NAME = "Entrypoint";

export function newEntrypointRow(of: { id: string; webhookId: string; at: number }): EntrypointRow {
  const { id, webhookId, at } = of;
  const born = { createdAt: at, updatedAt: at, deletedAt: null, key: null, managedBy: null };
  return { id, webhookId, name: DEFAULT_NAME, active: true, verification: null, settings: null, ...born };
}

export function createEntrypointRows({ providers, keys }: Pick<UseCaseDeps, "providers" | "keys">) {
  const verifications = createVerifications({ providers, keys });

  return {
    verifications,
    /** The row with what is given; the rest stays. Throws AppError `invalid`. */
    changed(row: EntrypointRow, values: z.infer<typeof entrypointChange>): EntrypointRow {
      const { id, verification: before } = row;
      const { verification: sent } = values;
      const verification = sent ? verifications.toStored({ id, sent, before }) : null;
      const settings = validate({
        schema: entrypointSettingsSchema,
        value: mergeSettings(values, row.settings),
        what: "entrypoint",
      });
      return {
        ...row,
        name: values.name ?? row.name,
        active: values.active ?? row.active,
        verification: sent === undefined ? before : verification,
        settings: storedSettings(settings),
      };
    },
  };
}
