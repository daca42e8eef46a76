/** Everything the rest of the program may do with event data: promises in, plain values out, never a file handle. */

import type { Clock } from "../../lib/clock.ts";
import { notFound } from "../../lib/errors.ts";
import {
  type ClaimFront,
  claimDue,
  earliestDue,
  findNewestTime,
  findPendingDelivery,
  findPendingState,
  listPendingTargets,
  type PendingState,
} from "../event-db/deliveries/due-deliveries.ts";
import { listHeldTargets } from "../event-db/deliveries/held-deliveries.ts";
import { readTargetsBefore, type TargetBefore } from "../event-db/deliveries/open-circuits.ts";
import { claimScattered, type ScatteredClaim } from "../event-db/deliveries/scattered-claim.ts";
import { type DedupKey, type Duplicates, type Recorded, readDuplicates } from "../event-db/duplicates.ts";
import type { EventFile } from "../event-db/event-file.ts";
import {
  type DeliveryHead,
  type EventOrigin,
  findEvent,
  listDeliveries,
  listDeliveryHeads,
  readOrigin,
} from "../event-db/event-log.ts";
import type { FoundEvents } from "../event-db/event-search.ts";
import { indexedShare } from "../event-db/fields/field-source.ts";
import { type FilterMarks, readFilterMarks } from "../event-db/filter-marks.ts";
import type { Histogram } from "../event-db/search/histogram.ts";
import type { Delivery, DueDelivery, EventDraft, Settlement, StoredEvent } from "../event-db/types.ts";
import type { WebhookDBManager } from "../event-files/webhook-db-manager.ts";
import type { AskedHistogram, AskedSearch, AskedTrial, EventReader } from "../reader/event-reader.ts";
import type { FilterTrial } from "../reader/filter-trial.ts";
import { readBeside, readEventFile } from "../reader/read-event-file.ts";
import type { EventWriter } from "../writer/event-writer.ts";
import type { ChangeSignal } from "./change-signal.ts";
import { createNumberReads, type NumberReads } from "./number-reads.ts";
import { RecentEvents } from "./recent-events.ts";

/** Deliveries changed in one transaction, so that a long backlog never blocks the event loop. */
const STEP = 500;

/** Every call rejects with AppError `unavailable` if the webhook's file cannot be used. */
export type EventStore = NumberReads &
  Readonly<{
    append: (draft: EventDraft) => Promise<Recorded>;
    /**
     * Like `append`, but if the entrypoint already has an event with that key from an equal request, the draft is counted
     * as a duplicate of it. Resolves once the event that the result names is on disk.
     */
    appendOnce: (draft: EventDraft, dedupKey: DedupKey) => Promise<Recorded>;
    settle: (webhookId: string, settlement: Settlement) => Promise<void>;
    /** Due deliveries of one target with their events, oldest due time first, without those in `inFlight`. */
    claimDue: (options: {
      webhookId: string;
      targetId: string;
      now: number;
      /** A due time later than this was written under another clock, and counts as due. */
      beyond: number;
      limit: number;
      inFlight: ReadonlyMap<string, unknown>;
      /** Null claims whatever is due. Otherwise claims what is due from this front on, if that fills the claim. */
      front: ClaimFront | null;
    }) => Promise<readonly DueDelivery[]>;
    /**
     * Like `claimDue` for a target some of whose attempts fail: from anywhere in the due deliveries, those never
     * attempted first.
     */
    claimScattered: (options: { webhookId: string } & ScatteredClaim) => Promise<readonly DueDelivery[]>;
    /** One pending delivery with its event; null if it is not pending, or waits in its lane. */
    findPendingDelivery: (of: {
      webhookId: string;
      targetId: string;
      eventId: string;
    }) => Promise<DueDelivery | null>;
    findPendingState: (of: {
      webhookId: string;
      targetId: string;
      eventId: string;
    }) => Promise<PendingState | null>;
    /** The earliest due time after `after` among a target's pending deliveries. */
    earliestDue: (options: { webhookId: string; targetId: string; after: number }) => Promise<number | null>;
    /** The targets that have pending deliveries, deleted and inactive ones too. */
    listPendingTargets: (webhookId: string) => Promise<readonly string[]>;
    /** When the newest event was received, by the clock of that time; null if there is none. */
    findNewestTime: (webhookId: string) => Promise<number | null>;
    /** The targets that have held deliveries, deleted and inactive ones too. */
    listHeldTargets: (webhookId: string) => Promise<readonly string[]>;
    /** Each target's state before the delivery engine started; a target that never had a delivery is missing. */
    targetsBefore: (webhookId: string) => Promise<ReadonlyMap<string, TargetBefore>>;
    /** The given webhooks that have pending or held deliveries, found without opening their files here. */
    findPending: (webhookIds: readonly string[]) => Promise<readonly string[]>;
    /** Moves the target's due times that lie after `after` by `deltaMs`, which is negative, in steps. */
    shiftDue: (options: {
      webhookId: string;
      targetId: string;
      after: number;
      deltaMs: number;
    }) => Promise<void>;
    /** Discards every pending delivery of a target, in steps; returns their number. */
    discardPending: (options: {
      webhookId: string;
      targetId: string;
      reason: string;
      now: number;
    }) => Promise<number>;
    /**
     * Makes the event due now for these targets, whatever state their deliveries are in. Rejects with AppError
     * `not_found`.
     */
    replay: (options: {
      webhookId: string;
      eventId: string;
      targetIds: readonly string[];
      now: number;
    }) => Promise<void>;
    /** Searches events, newest first, off the event loop and limited in time; the result says so if it stopped early. */
    searchEvents: (webhookId: string, search: AskedSearch) => Promise<FoundEvents>;
    /** The types of the newest events, the most frequent first; off the event loop. */
    listRecentTypes: (webhookId: string, signal?: AbortSignal) => Promise<readonly string[]>;
    /** Counts the events of a filter in spans of time; off the event loop and limited in time, as searches are. */
    histogram: (webhookId: string, asked: AskedHistogram) => Promise<Histogram>;
    /** Tries a filter on the last events; off the event loop, bounded in time. */
    tryFilter: (webhookId: string, asked: AskedTrial) => Promise<FilterTrial>;
    /** How much of the events the index of fields has, from 0 to 1; null where it has enough to be used. */
    indexedShare: (webhookId: string) => Promise<number | null>;
    /** Calls `listener` after events or deliveries of the webhook changed; the returned function unsubscribes. */
    onRecorded: (webhookId: string, listener: () => void) => () => void;
    findEvent: (webhookId: string, eventId: string) => Promise<StoredEvent | null>;
    /** Null for an event that came from a sender. */
    findOrigin: (webhookId: string, eventId: string) => Promise<EventOrigin | null>;
    /** Notes that a user sent the event. */
    noteOrigin: (webhookId: string, origin: EventOrigin & Readonly<{ eventId: string }>) => Promise<void>;
    listDeliveries: (webhookId: string, eventId: string, targetId?: string) => Promise<readonly Delivery[]>;
    /** The same without their responses. */
    listDeliveryHeads: (webhookId: string, eventId: string) => Promise<readonly DeliveryHead[]>;
    /** The later duplicates of an event. */
    findDuplicates: (webhookId: string, eventId: string) => Promise<Duplicates>;
    /** The filters that kept the event from their targets, and those that could not judge it. */
    findFilterMarks: (webhookId: string, eventId: string) => Promise<FilterMarks>;
  }>;

export function createEventStore(options: {
  files: WebhookDBManager;
  writer: EventWriter;
  reader: EventReader;
  changes: ChangeSignal;
  clock: Clock;
}): EventStore {
  const { files, writer, reader, changes, clock } = options;
  const recent = new RecentEvents();

  const read = <T>(webhookId: string, query: (file: EventFile) => T) =>
    readEventFile(files, webhookId, query);

  async function discardInSteps(given: { webhookId: string; targetId: string; reason: string; now: number }) {
    const { webhookId, targetId, reason, now } = given;
    let discarded = 0;
    for (;;) {
      const step = { targetId, limit: STEP, reason, now };
      const count = await writer.run(webhookId, { name: "discardPending", ...step });
      discarded += count;
      if (count < STEP) return discarded;
    }
  }

  async function shiftDue(given: { webhookId: string; targetId: string; after: number; deltaMs: number }) {
    const { webhookId, targetId, deltaMs } = given;
    // Upwards, so that what was moved down lies below the next step and is not moved again.
    for (let after: number | null = given.after; after !== null; ) {
      const from: number = after;
      const step = { targetId, from, deltaMs, limit: STEP };
      after = await writer.run(webhookId, { name: "shiftDue", ...step });
    }
  }

  return {
    ...createNumberReads({ files, clock }),
    append(draft) {
      recent.put(draft);
      return writer.append(draft);
    },
    async appendOnce(draft, dedupKey) {
      const recorded = await writer.run(draft.webhookId, { name: "appendOnce", draft, dedupKey });
      if (!recorded.isDuplicate) recent.put(draft);
      return recorded;
    },
    settle: writer.settle,
    claimDue: (claim) => read(claim.webhookId, (file) => claimDue(file, claim, recent)),
    claimScattered: (claim) => read(claim.webhookId, (file) => claimScattered(file, claim, recent)),
    findPendingDelivery: (of) => read(of.webhookId, (file) => findPendingDelivery(file, of, recent)),
    findPendingState: (of) => read(of.webhookId, (file) => findPendingState(file, of)),
    earliestDue: ({ webhookId, targetId, after }) =>
      read(webhookId, (file) => earliestDue(file, targetId, after)),
    listPendingTargets: (webhookId) => read(webhookId, listPendingTargets),
    findNewestTime: (webhookId) => read(webhookId, findNewestTime),
    listHeldTargets: (webhookId) => read(webhookId, listHeldTargets),
    targetsBefore: (webhookId) => read(webhookId, readTargetsBefore),
    findPending: (webhookIds) => files.findPending(webhookIds),
    shiftDue,
    discardPending: discardInSteps,
    async replay({ webhookId, eventId, targetIds, now }) {
      const isThere = await writer.run(webhookId, { name: "replay", eventId, targetIds, now });
      if (!isThere) throw notFound("event");
    },
    tryFilter: (webhookId, asked) => readBeside(files, webhookId, (file) => reader.tryFilter(file, asked)),
    histogram: (webhookId, asked) => readBeside(files, webhookId, (file) => reader.histogram(file, asked)),
    searchEvents: (webhookId, asked) => readBeside(files, webhookId, (file) => reader.search(file, asked)),
    listRecentTypes: (webhookId, signal) =>
      readBeside(files, webhookId, (file) => reader.listRecentTypes(file, signal)),
    indexedShare: (webhookId) => read(webhookId, ({ db }) => indexedShare(db)),
    onRecorded: changes.listen,
    findEvent: (webhookId, eventId) => read(webhookId, (file) => findEvent(file, eventId)),
    findOrigin: (webhookId, eventId) => read(webhookId, (file) => readOrigin(file, eventId)),
    noteOrigin: (webhookId, origin) => writer.run(webhookId, { name: "noteOrigin", origin }),
    listDeliveries: (webhookId, eventId, targetId) =>
      read(webhookId, (file) => listDeliveries(file, eventId, targetId)),
    listDeliveryHeads: (webhookId, eventId) => read(webhookId, (file) => listDeliveryHeads(file, eventId)),
    findFilterMarks: (webhookId, eventId) => read(webhookId, (file) => readFilterMarks(file, eventId)),
    findDuplicates: (webhookId, eventId) => read(webhookId, (file) => readDuplicates(file, eventId)),
  };
}
