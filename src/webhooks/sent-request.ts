/**
 * Computes again what an attempt sent, from the stored event: equal code and settings give an equal request. Secrets are
 * masked.
 */
import { notFound } from "../lib/errors.ts";
import { openConfig, type Sealer } from "../settings/sealed-config.ts";
import type { DeliveryResult, StoredEvent } from "../storage/event-db/types.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { TargetRow } from "../storage/main-db/tables.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import type { TargetTypes } from "../targets/registry.ts";
import { openSigning, readSigning, type Signer } from "../targets/signing.ts";
import type { ReceivedEvent, TargetRequest } from "../targets/target-type.ts";
import { transformationKey } from "../targets/transformations/transform-input.ts";
import type { Transform, TransformRun } from "../targets/transformations/transformer.ts";
import { type InWebhook, requireRole } from "./people/roles.ts";
import type { Webhook } from "./webhooks.ts";

export type SentRequest = Readonly<{
  attempt: number;
  startedAt: number;
  targetId: string;
  /** As it was received. */
  event: StoredEvent;
  /** The transformation that ran; null where none did. */
  transformation: Readonly<{ version: number; code: string; run: TransformRun }> | null;
  /** Null where nothing was sent, where the target is gone, or where its settings cannot be read. */
  request: TargetRequest | null;
  /** The target was changed after the attempt: it may have sent something else. */
  isTargetChanged: boolean;
}>;

/** Throws AppError not_found. */
export type FindSentRequest = (
  of: InWebhook & Readonly<{ eventId: string; resultId: string }>,
) => Promise<SentRequest>;

type Deps = Readonly<{
  mainDb: MainDb;
  events: Pick<EventStore, "findEvent" | "listDeliveries">;
  targetTypes: Pick<TargetTypes, "find">;
  keys: Sealer;
  transform: Transform;
}>;

export function createSentRequests(deps: Deps): FindSentRequest {
  const { mainDb, events, transform } = deps;

  async function rerun(webhookId: string, event: StoredEvent, ran: { targetId: string; version: number }) {
    const { targetId, version } = ran;
    const row = mainDb.transformations.find(targetId, version);
    if (!row) throw notFound("version of the transformation");
    const code = { key: transformationKey(targetId, version), source: row.code };
    const run = await transform({ code, event, webhookId, targetId, wantsLines: true });
    return { version, code: row.code, run };
  }

  return async ({ eventId, resultId, ...of }) => {
    const webhook = requireRole(mainDb, of, "viewer");
    const [event, deliveries] = await Promise.all([
      events.findEvent(webhook.id, eventId),
      events.listDeliveries(webhook.id, eventId),
    ]);
    const delivery = deliveries.find(({ results }) => results.some(({ id }) => id === resultId));
    const result = delivery?.results.find(({ id }) => id === resultId);
    if (!event || !delivery || !result) throw notFound("attempt");
    const { targetId } = delivery;
    const version = result.transformationVersion;
    const transformation = version === null ? null : await rerun(webhook.id, event, { targetId, version });
    const sent = transformation === null ? event : eventOf(event, transformation.run);
    const row = mainDb.targets.find({ id: targetId, webhookId: webhook.id });
    return {
      attempt: result.attempt,
      startedAt: result.startedAt,
      targetId,
      event,
      transformation,
      request: sent && row && previewOf(deps, { webhook, row, event: sent, result }),
      isTargetChanged: row !== null && row.updatedAt > result.startedAt,
    };
  };
}

/** The event as the transformation made it; null where nothing was to be sent. */
function eventOf(event: StoredEvent, run: TransformRun): ReceivedEvent | null {
  return run.kind === "request" ? { ...event, ...run.event } : null;
}

function previewOf(
  { targetTypes, keys }: Pick<Deps, "targetTypes" | "keys">,
  of: Readonly<{
    webhook: Pick<Webhook, "id" | "name">;
    row: TargetRow;
    event: ReceivedEvent;
    result: DeliveryResult;
  }>,
): TargetRequest | null {
  const { webhook, row, event, result } = of;
  const type = targetTypes.find(row.type);
  if (!type?.previewRequest) return null;
  try {
    const config = openConfig({ type, config: row.config, owner: `targets:${row.id}`, keys });
    const signer = signerOf(row, keys);
    const parts = { event, webhook, target: row, config, signer, attempt: result.attempt };
    return type.previewRequest(parts, result.startedAt);
  } catch {
    // Stored with another SECRET_KEY, or without the secret: nothing could be sent either.
    return null;
  }
}

function signerOf({ id, signing }: TargetRow, keys: Sealer): Signer | null {
  const stored = readSigning(signing);
  return stored && openSigning({ targetId: id, keys }, stored).signer;
}
