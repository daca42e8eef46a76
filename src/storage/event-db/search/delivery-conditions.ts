/** SQL conditions on the deliveries that a filter selects. */
import type { SQLQueryBindings } from "bun:sqlite";
import { type EventFilter, inState } from "../event-filter.ts";

export type Conditions = Readonly<{ sql: readonly string[]; values: readonly SQLQueryBindings[] }>;

/** A delivery's last attempt. */
const LAST_RESULT = `SELECT 1 FROM delivery_results r
  WHERE r.event_id = d.event_id AND r.target_id = d.target_id AND r.attempt = d.attempts`;

/**
 * All of them hold for a delivery named `d` that the filter selects; none if it says nothing of deliveries. A filter by
 * "filtered" selects no delivery.
 */
export function deliveryConditions(filter: EventFilter): Conditions {
  const { status, targetId, transformationFailed, answer } = filter;
  const sql: string[] = [];
  const values: SQLQueryBindings[] = [];
  if (status === "filtered") sql.push("false");
  else if (status !== undefined) sql.push(inState(status));
  if (targetId !== undefined) {
    sql.push("d.target_id = ?");
    values.push(targetId);
  }
  if (transformationFailed === true) {
    sql.push(`d.status = 'failed' AND EXISTS (${LAST_RESULT} AND r.transformation_failed = 1)`);
  }
  if (answer !== undefined) sql.push(`EXISTS (${LAST_RESULT} AND ${answered(answer)})`);
  return { sql, values };
}

/** The result named `r` has this answer. Only digits are put into the SQL. */
function answered(answer: string): string {
  if (answer === "none")
    return "r.status_code IS NULL AND r.error IS NOT NULL AND r.transformation_failed = 0";
  const first = Number.parseInt(answer.replace("xx", "00"), 10);
  return `r.status_code BETWEEN ${first} AND ${answer.endsWith("xx") ? first + 99 : first}`;
}
