/** A target's attempts within a time, read from the counts of its hours. */
import type { Database } from "bun:sqlite";
import { type AnswerCounts, AttemptCounts } from "./attempt-counts.ts";
import { decodeHour, type StoredHour } from "./target-hours.ts";

export type TargetHour = Readonly<{
  /** Start of the hour. */
  at: number;
  delivered: number;
  /** Failed attempts, whether the delivery was tried again or given up. */
  failed: number;
  /** Deliveries that were given up. */
  gaveUp: number;
}>;

export type TargetNumbers = Readonly<{
  /** Start of the first hour that is counted, whatever time was asked for; null if none is. */
  countedSince: number | null;
  /** The hours with attempts, oldest first. */
  hours: readonly TargetHour[];
  delivered: number;
  failed: number;
  gaveUp: number;
  answers: AnswerCounts;
  /** Milliseconds within which that share of the attempts was answered; null if none was. */
  durations: Readonly<{ p50: number | null; p95: number | null; p99: number | null }>;
}>;

const HOURS = `SELECT hour, counts FROM target_hours WHERE target_id = ?1 AND hour >= ?2 AND hour < ?3
  UNION ALL SELECT hour, hour_counts FROM target_tallies
    WHERE target_id = ?1 AND hour >= ?2 AND hour < ?3 AND hour_counts IS NOT NULL`;

const FIRST_HOUR = `SELECT min(hour) AS hour FROM (SELECT min(hour) AS hour FROM target_hours WHERE target_id = ?1
  UNION ALL SELECT hour FROM target_tallies WHERE target_id = ?1)`;

/** Counts the hours that begin from `from` to before `to`. */
export function readTargetNumbers(
  { db }: Readonly<{ db: Pick<Database, "query"> }>,
  { targetId, from, to }: { targetId: string; from: number; to: number },
): TargetNumbers {
  const rows = db.query<StoredHour, [string, number, number]>(HOURS).all(targetId, from, to);
  const all = new AttemptCounts();
  // An hour in which the clock was set back may have two rows.
  const byHour = new Map<number, AttemptCounts>();
  for (const { hour, counts } of rows) {
    const decoded = decodeHour(counts);
    all.addAll(decoded);
    const before = byHour.get(hour);
    if (before) before.addAll(decoded);
    else byHour.set(hour, decoded);
  }
  const first = db.query<{ hour: number | null }, [string]>(FIRST_HOUR).get(targetId);
  return {
    countedSince: first?.hour ?? null,
    hours: [...byHour]
      .sort(([a], [b]) => a - b)
      .map(([at, { delivered, failed, gaveUp }]) => ({ at, delivered, failed, gaveUp })),
    delivered: all.delivered,
    failed: all.failed,
    gaveUp: all.gaveUp,
    answers: all.answers,
    durations: { p50: all.durationAt(0.5), p95: all.durationAt(0.95), p99: all.durationAt(0.99) },
  };
}
