/** Prepares the settings column of an imported webhook: fills it from an older version's columns, filters recipients. */
import { webhookSettingsSchema } from "../../settings/webhook-settings.ts";
import type { PlainRow } from "../../storage/main-db/transfer.ts";
import type { TransferDocument } from "./document.ts";

type Value = PlainRow[string];

/** Up to this schema of the main database, each setting had a column of its own. */
const LAST_SCHEMA_WITH_COLUMNS = 8;

/** Returns the webhook's row as this version exports it. Values are checked with the row. */
export function settingsFromColumns({
  webhook,
  schema,
}: Pick<TransferDocument, "webhook" | "schema">): PlainRow {
  if (schema > LAST_SCHEMA_WITH_COLUMNS) return webhook;
  const { retention_days = null, retention_bytes = null, notices = null } = webhook;
  const values = { retention_days, retention_bytes, notices: readJson(notices) };
  const isDefault = Object.values(values).every((value) => value === null);
  return { ...webhook, settings: isDefault ? null : JSON.stringify(values) };
}

/**
 * Returns the column to store, whose notices go to no target of another user. A value that does not fit the schema
 * stays unchanged, and is refused with its row.
 */
export function settingsForUser(
  stored: Value | undefined,
  isOwnTarget: (targetId: string) => boolean,
): Value {
  const settings = webhookSettingsSchema.safeParse(readJson(stored)).data;
  const notices = settings?.notices ?? null;
  if (notices === null || notices.target_id === null || isOwnTarget(notices.target_id)) return stored ?? null;
  // Without an e-mail address no recipient is left.
  const kept = notices.email === null ? null : { ...notices, target_id: null };
  return JSON.stringify({ ...settings, notices: kept });
}

/** A text that is no JSON stays a text, for the schema to refuse. */
function readJson(value: Value | undefined): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
