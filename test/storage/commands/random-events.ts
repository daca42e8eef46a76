/** Makes random events and results of attempts for a file. */
import { createHash } from "node:crypto";
import { HOUR_MS } from "../../../src/lib/clock.ts";
import type { Command } from "../../../src/storage/commands/table.ts";
import type { DedupKey } from "../../../src/storage/event-db/duplicates.ts";
import type { EventFile } from "../../../src/storage/event-db/event-file.ts";
import type {
  DeliveryStatus,
  EventDraft,
  EventGoal,
  FilterMark,
} from "../../../src/storage/event-db/types.ts";
import { type Draw, TARGETS } from "./draw.ts";

const ENTRYPOINTS = ["entrypoint-a", "entrypoint-b"] as const;
const MARKS: readonly FilterMark[] = TARGETS.map((targetId) => ({ targetId, fingerprint: `of ${targetId}` }));
const ENDS: readonly DeliveryStatus[] = [
  "delivered",
  "delivered",
  "pending",
  "pending",
  "failed",
  "discarded",
];

type DeliveryRow = { event_id: string; target_id: string; attempts: number; replays: number };

export class RandomEvents {
  readonly #file: EventFile;
  readonly #draw: Draw;

  constructor(file: EventFile, draw: Draw) {
    this.#file = file;
    this.#draw = draw;
  }

  draft(now: number): EventDraft {
    const shop = this.#draw.pick(["north", "south"]);
    const body = JSON.stringify({
      customer: this.#draw.below(4),
      text: this.#draw.pick(["hay", "a needle"]),
    });
    const marks = () => this.#draw.some(MARKS, 0.2);
    return {
      id: this.#draw.chance(0.03) ? this.eventId(now) : this.#draw.id(now),
      webhookId: this.#file.webhookId,
      entrypointId: this.#draw.pick(ENTRYPOINTS),
      receivedAt: now,
      method: this.#draw.pick(["POST", "PUT"]),
      pathTail: "",
      query: "",
      headers: [
        ["content-type", "application/json"],
        ["x-shop", shop],
      ],
      contentType: "application/json",
      remoteAddress: "192.0.2.1",
      type: this.#draw.pick([null, "order.created"]),
      body: Buffer.from(body.padEnd(this.#draw.below(3_000))),
      targets: this.#draw.some(TARGETS, 0.6).map((id) => this.#goal(id)),
      ...(this.#draw.chance(0.3) && { filtered: marks() }),
      ...(this.#draw.chance(0.1) && { unjudged: marks() }),
    };
  }

  #goal(id: string): EventGoal {
    return {
      id,
      settlesAtIngest: this.#draw.chance(0.1),
      ...(this.#draw.chance(0.2) && { held: true }),
      ...(this.#draw.chance(0.4) && { orderKey: this.#draw.pick(["k", "l"]) }),
    };
  }

  keyed(now: number): { draft: EventDraft; dedupKey: DedupKey } {
    const draft = this.draft(now);
    const bodyHash = createHash("sha256").update(draft.body).digest();
    const differing = this.#draw.pick(["store", "drop", "refuse"] as const);
    return { draft, dedupKey: { key: this.#draw.pick(["one", "two", "three"]), bodyHash, differing } };
  }

  settlement(now: number): Command<"settle">["settlement"] {
    // An attempt begins while its delivery is due, and may end after it was discarded.
    const condition = this.#draw.chance(0.9) ? "next_attempt_at IS NOT NULL" : "status = 'discarded'";
    const sql = `SELECT event_id, target_id, attempts, replays FROM deliveries WHERE ${condition} ORDER BY 1, 2`;
    const of = this.#one<DeliveryRow>(sql);
    const status = this.#draw.pick(ENDS);
    const error = status === "delivered" ? null : "It answered 500.";
    return {
      eventId: of?.event_id ?? this.eventId(now),
      targetId: of?.target_id ?? this.#draw.pick(TARGETS),
      replays: (of?.replays ?? 0) - (this.#draw.chance(0.05) ? 1 : 0),
      status,
      nextAttemptAt: status === "pending" ? now + this.#draw.below(HOUR_MS) : null,
      reason: error && "It gave up.",
      result: {
        id: this.#draw.id(now),
        attempt: (of?.attempts ?? 0) + (this.#draw.chance(0.05) ? 0 : 1),
        startedAt: now - this.#draw.below(5_000),
        durationMs: this.#draw.below(5_000),
        statusCode: this.#draw.chance(0.1) ? null : error === null ? 200 : 500,
        error,
        responseHeaders: this.#draw.chance(0.5) ? [["x-answer", "yes"]] : null,
        responseBody: this.#draw.chance(0.5) ? Buffer.from("ok") : null,
        responseBodyTruncated: this.#draw.chance(0.1),
        transformationVersion: this.#draw.pick([null, 3]),
        transformationFailed: false,
      },
    };
  }

  eventId(now: number): string {
    return this.#one<{ id: string }>("SELECT id FROM events ORDER BY id")?.id ?? this.#draw.id(now);
  }

  #one<Row>(sql: string): Row | undefined {
    const rows = this.#file.db.query<Row, []>(sql).all();
    return rows.length === 0 ? undefined : this.#draw.pick(rows);
  }
}
