/** Selects the events and deliveries of a replay, the oldest first: one definition for counting and for replaying. */
import type { SQLQueryBindings } from "bun:sqlite";
import { firstIdAt } from "../../../lib/ids.ts";
import { inState } from "../event-filter.ts";
import { toConditions } from "../event-search.ts";
import { indexByEvent } from "../event-source.ts";
import type { ReadableFile } from "../event-summary.ts";
import { type FieldWalk, fieldWalk } from "../fields/field-source.ts";
import { type Conditions, deliveryConditions } from "../search/delivery-conditions.ts";
import { type EventMatch, eventMatchFor, scanColumns, TextScan } from "../search/text-scan.ts";
import { beginOf, type ReplayOrder } from "./replay-run.ts";

/** Events after one id, up to and including another. */
export type Window = Readonly<{ after: string; upTo: string }>;

/** Reads events in windows, so that no step takes long however few of them match. */
export class ReplaySelector {
  readonly #file: ReadableFile;
  readonly #order: ReplayOrder;
  readonly #match: EventMatch | null;
  readonly #conditions: Conditions;
  readonly #last: string;

  /** `lastEventId` is the newest event that may be selected. */
  constructor(file: ReadableFile, order: ReplayOrder, lastEventId: string) {
    this.#file = file;
    this.#order = order;
    this.#match = order.selection.kind === "filter" ? eventMatchFor(order.selection.filter) : null;
    this.#conditions = conditionsOf(order);
    const to = order.selection.kind === "filter" ? order.selection.filter.to : undefined;
    // Ids sort by time of receipt; no event has the first id of a time.
    this.#last = to === undefined || firstIdAt(to + 1) > lastEventId ? lastEventId : firstIdAt(to + 1);
  }

  get begin(): string {
    return beginOf(this.#order.selection);
  }

  /** True if no event comes after the cursor. */
  isEnd(cursor: string): boolean {
    return cursor >= this.#last;
  }

  /** The next window with about `size` matching events; null if none are left. */
  findWindow(after: string, size: number): Window | null {
    if (this.isEnd(after)) return null;
    if (this.#order.selection.kind === "events") return { after, upTo: this.#last };
    const end = this.#endAfter(after, size);
    return { after, upTo: end === null || end > this.#last ? this.#last : end };
  }

  /** True if events are selected by their content: then `scan` finds a window's events, as `listEvents` reads none. */
  get isByContent(): boolean {
    return this.#match !== null;
  }

  /** A scan of the window's matching events, the oldest first; null if their content does not matter. */
  scan({ after, upTo }: Window): TextScan | null {
    if (this.#match === null) return null;
    const { values } = this.#conditions;
    const walk = this.#fieldWalk();
    const indexed = walk === null ? "" : `AND ${walk.condition}`;
    const sql = `${this.#fitting(scanColumns(this.#match))} ${indexed} ORDER BY e.id`;
    const query = {
      sql: () => sql,
      values: (from: string) => [from, upTo, ...values, ...(walk?.values(from, upTo) ?? [])],
    };
    return new TextScan(this.#file, {
      match: this.#match,
      query,
      from: after,
      mostFound: Number.POSITIVE_INFINITY,
    });
  }

  /** At most `limit` matching events of the window, the oldest first. */
  listEvents({ after, upTo }: Window, limit: number): readonly string[] {
    return this.#file.db
      .query<{ id: string }, SQLQueryBindings[]>(`${this.#fitting("e.id")} ORDER BY e.id LIMIT ?`)
      .all(after, upTo, ...this.#conditions.values, limit)
      .map(({ id }) => id);
  }

  /** The targets that get the event: the order's own, or those of the event's matching deliveries. */
  listTargets(eventId: string): readonly string[] {
    const { targetId, onlyMissing } = this.#order;
    if (targetId !== null) return onlyMissing && this.#has(eventId, targetId) ? [] : [targetId];
    const { sql, values } = this.#ofDeliveries();
    return this.#file.db
      .query<{ target_id: string }, SQLQueryBindings[]>(
        `SELECT d.target_id FROM deliveries d WHERE ${["d.event_id = ?", ...sql].join(" AND ")}
           ORDER BY d.target_id`,
      )
      .all(eventId, ...values)
      .map(({ target_id }) => target_id);
  }

  countEvents({ after, upTo }: Window): number {
    const counted = this.#file.db.query<{ n: number }, SQLQueryBindings[]>(this.#fitting("count(*) AS n"));
    return counted.get(after, upTo, ...this.#conditions.values)?.n ?? 0;
  }

  /** Counts by target the deliveries of the window's matching events, or of `eventIds` if not null. */
  countDeliveries(
    { after, upTo }: Window,
    eventIds: readonly string[] | null = null,
  ): ReadonlyMap<string, number> {
    const { sql, values } = this.#ofDeliveries();
    const rows = this.#file.db
      .query<{ target_id: string; n: number }, SQLQueryBindings[]>(
        `SELECT d.target_id, count(*) AS n FROM deliveries d
          WHERE d.event_id > ?1 AND d.event_id <= ?2
            AND d.event_id IN (${eventIds === null ? this.#fitting("e.id") : "SELECT value FROM json_each(?)"})
            ${sql.map((condition) => `AND ${condition}`).join(" ")} GROUP BY 1`,
      )
      .all(
        after,
        upTo,
        ...(eventIds === null ? this.#conditions.values : [JSON.stringify(eventIds)]),
        ...values,
      );
    return new Map(rows.map(({ target_id, n }) => [target_id, n]));
  }

  /** The event may have got a delivery since the window was read. */
  #has(eventId: string, targetId: string): boolean {
    const delivery = this.#file.db.query<unknown, [string, string]>(
      "SELECT 1 FROM deliveries WHERE event_id = ? AND target_id = ?",
    );
    return delivery.get(eventId, targetId) !== null;
  }

  /** Conditions for all deliveries of selected events. */
  #ofDeliveries(): Conditions {
    const { selection } = this.#order;
    return deliveryConditions(selection.kind === "filter" ? selection.filter : {});
  }

  #fitting(columns: string): string {
    const named = this.#named();
    const where = [
      "e.id > ?1 AND e.id <= ?2",
      ...(named === null ? [] : [`e.id IN (${named})`]),
      ...this.#conditions.sql,
    ];
    return `SELECT ${columns} FROM events e WHERE ${where.join(" AND ")}`;
  }

  /** Query for events that an index of deliveries names: few among many; null if none applies. */
  #named(): string | null {
    const { selection } = this.#order;
    const status = selection.kind === "filter" ? selection.filter.status : undefined;
    const index = indexByEvent(status);
    if (index === null || status === undefined || status === "filtered") return null;
    return `SELECT DISTINCT event_id AS id FROM deliveries INDEXED BY ${index}
      WHERE ${inState(status)} AND event_id > ?1 AND event_id <= ?2`;
  }

  #candidates(): string {
    return this.#named() ?? "SELECT id FROM events WHERE id > ?1 AND id <= ?2";
  }

  /** The index of fields, if it applies; asked again each time, because it grows meanwhile. */
  #fieldWalk(): FieldWalk | null {
    const { selection } = this.#order;
    const fields = selection.kind === "filter" ? (selection.filter.fields ?? []) : [];
    return fields.length === 0 ? null : fieldWalk(this.#file, fields);
  }

  #endAfter(after: string, size: number): string | null {
    const walk = this.#fieldWalk();
    if (walk !== null) return walk.endAfter(after, size);
    return (
      this.#file.db
        .query<{ id: string }, [string, string, number]>(
          `${this.#candidates()} ORDER BY id LIMIT 1 OFFSET ?3`,
        )
        .get(after, this.#last, size - 1)?.id ?? null
    );
  }
}

function conditionsOf({ selection, targetId, onlyMissing }: ReplayOrder): Conditions {
  const { sql, values } =
    selection.kind === "filter"
      ? toConditions(selection.filter)
      : {
          sql: ["e.id IN (SELECT value FROM json_each(?))"],
          values: [JSON.stringify(selection.eventIds)],
        };
  if (targetId === null || !onlyMissing) return { sql, values };
  return {
    sql: [...sql, "NOT EXISTS (SELECT 1 FROM deliveries x WHERE x.event_id = e.id AND x.target_id = ?)"],
    values: [...values, targetId],
  };
}
