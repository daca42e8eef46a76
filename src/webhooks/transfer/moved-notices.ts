/** Filters the recipients of an imported webhook's notices, so that none belongs to another user. */

import { noticeSettingsSchema } from "../../storage/main-db/notice-settings.ts";
import type { PlainRow } from "../../storage/main-db/transfer.ts";

type Value = PlainRow[string] | undefined;

/** Returns the column to store. A value that does not fit the schema stays unchanged, and is refused with its row. */
export function movedNotices(
  stored: Value,
  isOwnTarget: (targetId: string) => boolean,
): string | number | null {
  if (stored === undefined || stored === null) return null;
  const settings =
    typeof stored === "string" ? noticeSettingsSchema.safeParse(readJson(stored)).data : undefined;
  if (settings === undefined || settings.target_id === null || isOwnTarget(settings.target_id)) return stored;
  // No recipient is left.
  if (settings.email === null) return null;
  return JSON.stringify({ ...settings, target_id: null });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
