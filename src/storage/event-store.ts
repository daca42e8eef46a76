/** Everything the rest of the program may do with event data: promises in, plain values out, never a file handle. */
import { AppError } from "../lib/errors.ts";
import { newId } from "../lib/ids.ts";
import { claimDue, earliestDue, listPendingTargets, shiftStep } from "./event-db/due-deliveries.ts";
import type { EventFile } from "./event-db/event-file.ts";
import { type EventPage, findEvent, listDeliveries, listEvents } from "./event-db/event-log.ts";
import type { Delivery, DueDelivery, EventDraft, Settlement, StoredEvent } from "./event-db/types.ts";
import { unusable } from "./event-file-faults.ts";
import type { EventWriter } from "./event-writer.ts";
import type { WebhookDBManager } from "./webhook-db-manager.ts";

/** Deliveries changed in one transaction, so that a long backlog never holds the event loop. */
const STEP = 500;

/** All of them reject with AppError `unavailable` where the webhook's file cannot be used. */
export type EventStore = Readonly<{
  append: (draft: EventDraft) => Promise<void>;
  settle: (webhookId: string, settlement: Settlement) => Promise<void>;
  /** Due deliveries of one target with their events, oldest due time first, without those in `inFlight`. */
  claimDue: (options: {
    webhookId: string;
    targetId: string;
    now: number;
    /** A due time later than this was written under another clock, and is due. */
    beyond: number;
    limit: number;
    inFlight: ReadonlyMap<string, unknown>;
  }) => Promise<readonly DueDelivery[]>;
  /** The earliest due time after `after` among a target's pending deliveries. */
  earliestDue: (options: { webhookId: string; targetId: string; after: number }) => Promise<number | null>;
  /** The targets that have pending deliveries, deleted and inactive ones too. */
  listPendingTargets: (webhookId: string) => Promise<readonly string[]>;
  /** Which of the webhooks have pending deliveries, without opening their files here. */
  findPending: (webhookIds: readonly string[]) => Promise<readonly string[]>;
  /** Moves the target's due times that lie after `after` by `deltaMs`, which is below zero, in steps. */
  shiftDue: (options: {
    webhookId: string;
    targetId: string;
    after: number;
    deltaMs: number;
  }) => Promise<void>;
  /** Gives every pending delivery of a target up, in steps. */
  discardPending: (options: {
    webhookId: string;
    targetId: string;
    reason: string;
    now: number;
  }) => Promise<number>;
  /** Makes the event due now for these targets, whatever became of it before. */
  replay: (options: {
    webhookId: string;
    eventId: string;
    targetIds: readonly string[];
    now: number;
  }) => Promise<void>;
  listEvents: (webhookId: string, page: { limit: number; cursor: string | null }) => Promise<EventPage>;
  findEvent: (webhookId: string, eventId: string) => Promise<StoredEvent | null>;
  listDeliveries: (webhookId: string, eventId: string) => Promise<readonly Delivery[]>;
}>;

export function createEventStore(options: { files: WebhookDBManager; writer: EventWriter }): EventStore {
  const { files, writer } = options;

  async function read<T>(webhookId: string, query: (file: EventFile) => T): Promise<T> {
    if (!files.hasRoomFor(webhookId)) await files.roomFor(webhookId);
    const file = files.open(webhookId);
    try {
      return query(file);
    } catch (error) {
      throw error instanceof AppError ? error : unusable(webhookId, error);
    }
  }

  async function discardPending(given: { webhookId: string; targetId: string; reason: string; now: number }) {
    const { webhookId, targetId, reason, now } = given;
    let discarded = 0;
    for (;;) {
      const { changes } = await writer.change(webhookId, (file) =>
        file.deliveries.discard.run(targetId, STEP, reason, now),
      );
      discarded += changes;
      if (changes < STEP) return discarded;
    }
  }

  async function shiftDue(given: { webhookId: string; targetId: string; after: number; deltaMs: number }) {
    const { webhookId, targetId, deltaMs } = given;
    // Upwards, so that what was moved down lies below the next step and is not moved again.
    for (let after: number | null = given.after; after !== null; ) {
      const from: number = after;
      after = await writer.change(webhookId, (file) =>
        shiftStep({ file, targetId, from, deltaMs, step: STEP }),
      );
    }
  }

  return {
    append: writer.append,
    settle: writer.settle,
    claimDue: (claim) => read(claim.webhookId, (file) => claimDue(file, claim)),
    earliestDue: ({ webhookId, targetId, after }) =>
      read(webhookId, (file) => earliestDue(file, targetId, after)),
    listPendingTargets: (webhookId) => read(webhookId, listPendingTargets),
    findPending: (webhookIds) => files.findPending(webhookIds),
    shiftDue,
    discardPending,
    async replay({ webhookId, eventId, targetIds, now }) {
      await writer.change(webhookId, (file) => {
        for (const targetId of targetIds) file.deliveries.replay.run(eventId, targetId, newId(), now);
      });
    },
    listEvents: (webhookId, page) => read(webhookId, (file) => listEvents(file, page)),
    findEvent: (webhookId, eventId) => read(webhookId, (file) => findEvent(file, eventId)),
    listDeliveries: (webhookId, eventId) => read(webhookId, (file) => listDeliveries(file, eventId)),
  };
}
