/** Limits of API keys in the API's form. */
import { z } from "zod";
import type { KeyLimits } from "../../auth/key-limits.ts";
import { SCOPES } from "../../auth/scopes.ts";
import { time as presentTime } from "../presenters.ts";
import { id, time } from "../schema-parts.ts";

export const scopes = z
  .array(z.enum(SCOPES.map(({ name }) => name)))
  .nullable()
  .describe("The key's limits; null: it may do everything that its user may do.");
export const webhookIds = z
  .array(id)
  .nullable()
  .describe("The only webhooks that the key may use; null: all of its user's.");

export const limitsShape = {
  scopes,
  webhook_ids: webhookIds,
  expires_at: time.nullable().describe("The key is refused from then on; null: never."),
};

export const callerSchema = z
  .strictObject({ user_id: id, api_key_id: id, ...limitsShape })
  .meta({ id: "Caller" });

export function presentLimits({ scopes, webhookIds, expiresAt }: KeyLimits) {
  return {
    scopes: scopes && [...scopes],
    webhook_ids: webhookIds && [...webhookIds],
    expires_at: expiresAt === null ? null : presentTime(expiresAt),
  };
}
