/** Limits of an API key: scopes, webhooks and an expiry. */
import { AppError, type FieldFault } from "../lib/errors.ts";
import { isScope, SCOPES, type Scope } from "./scopes.ts";

export type KeyLimits = Readonly<{
  /** Null: everything that the user may do. */
  scopes: readonly Scope[] | null;
  /** Null: all webhooks of the user. */
  webhookIds: readonly string[] | null;
  /** Null: never. */
  expiresAt: number | null;
}>;

/** The limits asked for, not checked yet; one that is left out does not exist. */
export type WantedLimits = Readonly<{
  scopes?: readonly string[] | null | undefined;
  webhookIds?: readonly string[] | null | undefined;
  expiresAt?: number | null | undefined;
}>;

const MAX_WEBHOOKS = 100;

/** Throws AppError `invalid`. `grantor`: a key that creates this one, which gives no more than it has. */
export function checkLimits(
  { scopes = null, webhookIds = null, expiresAt = null }: WantedLimits,
  by: { now: number; mayUse: (webhookId: string) => boolean; grantor: KeyLimits | null },
): KeyLimits {
  const faults = [
    ...scopeFaults(scopes, by.grantor?.scopes ?? null),
    ...webhookFaults(webhookIds, by.grantor?.webhookIds ?? null, by.mayUse),
    ...expiryFaults(expiresAt, by.grantor?.expiresAt ?? null, by.now),
  ];
  if (faults.length === 0) {
    return {
      scopes: scopes && SCOPES.map(({ name }) => name).filter((name) => scopes.includes(name)),
      webhookIds: webhookIds && [...new Set(webhookIds)],
      expiresAt,
    };
  }
  throw new AppError({ kind: "invalid", message: "The API key is not valid.", details: faults });
}

function scopeFaults(wanted: readonly string[] | null, granted: readonly string[] | null): FieldFault[] {
  const path = "scopes";
  if (wanted === null) return granted === null ? [] : [{ path, message: beyond(granted) }];
  if (wanted.length === 0) return [{ path, message: "must have at least one scope" }];
  if (!wanted.every(isScope)) {
    return [{ path, message: `must be among: ${SCOPES.map(({ name }) => name).join(", ")}` }];
  }
  const isBeyond = granted !== null && wanted.some((scope) => !granted.includes(scope));
  return isBeyond ? [{ path, message: beyond(granted) }] : [];
}

function webhookFaults(
  wanted: readonly string[] | null,
  granted: readonly string[] | null,
  mayUse: (webhookId: string) => boolean,
): FieldFault[] {
  const path = "webhook_ids";
  if (wanted === null) return granted === null ? [] : [{ path, message: beyond(granted) }];
  if (wanted.length === 0 || wanted.length > MAX_WEBHOOKS) {
    return [{ path, message: `must have 1 to ${MAX_WEBHOOKS} webhooks` }];
  }
  if (!wanted.every(mayUse)) return [{ path, message: "must be among the webhooks of the user" }];
  const isBeyond = granted !== null && wanted.some((id) => !granted.includes(id));
  return isBeyond ? [{ path, message: beyond(granted) }] : [];
}

function expiryFaults(wanted: number | null, granted: number | null, now: number): FieldFault[] {
  const path = "expires_at";
  if (wanted !== null && wanted <= now) return [{ path, message: "must be in the future" }];
  if (granted === null || (wanted !== null && wanted <= granted)) return [];
  return [
    { path, message: `must not be after ${new Date(granted).toISOString()}, when your own key expires` },
  ];
}

function beyond(granted: readonly string[]): string {
  return `must be among those of your own key: ${granted.join(", ")}`;
}
