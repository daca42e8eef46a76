/** Writes events and deliveries as lines for people. */
import { formatBytes } from "../../dashboard/components/format.ts";
import { printable } from "../printable.ts";
import { table } from "../table.ts";
import type { RemoteEvent, RemoteEventSummary } from "./shapes.ts";

/** Longest shown part of a body. */
const MOST_BODY_BYTES = 16 * 1024;

export type Row = RemoteEventSummary & Readonly<{ webhook_id: string; webhook: string }>;

const HEADING = ["RECEIVED (UTC)", "EVENT", "TYPE", "REQUEST", "SIZE", "STATE"];

/** A table of events; of several webhooks with their names. */
export function eventTable(rows: readonly Row[], withWebhook: boolean): string[] {
  const heading = withWebhook ? [...HEADING, "WEBHOOK"] : HEADING;
  return table(
    heading,
    rows.map((row) => (withWebhook ? [...cellsOf(row), row.webhook] : cellsOf(row))),
  );
}

function cellsOf(row: Row): string[] {
  const request = `${row.method} ${pathOf(row)}`;
  return [timeOf(row.received_at), row.id, row.type ?? "", request, formatBytes(row.body_size), stateOf(row)];
}

function pathOf({ path_tail, query }: Pick<RemoteEventSummary, "path_tail" | "query">): string {
  return `${path_tail === "" ? "/" : path_tail}${query === "" ? "" : `?${query}`}`;
}

/** "3 delivered, 1 failed"; "stored" where no target got it. */
export function stateOf({ delivery_counts: counts }: Pick<RemoteEventSummary, "delivery_counts">): string {
  const { pending, retrying, delivered, failed, held, discarded } = counts;
  const parts: [number, string][] = [
    [failed, "failed"],
    [retrying, "retrying"],
    [pending - retrying, "pending"],
    [held, "held"],
    [delivered, "delivered"],
    [discarded, "discarded"],
  ];
  const some = parts.filter(([count]) => count > 0);
  if (some.length === 0) return "stored";
  const [only, ...others] = some;
  if (only && others.length === 0 && only[0] === 1) return only[1];
  return some.map(([count, word]) => `${count} ${word}`).join(", ");
}

export function timeOf(iso: string): string {
  return iso.slice(0, 19).replace("T", " ");
}

/** Everything about one event, its body at the end. */
export function eventText(event: RemoteEvent, targetNames: ReadonlyMap<string, string>): string[] {
  return [
    `${event.method} ${pathOf(event)}`,
    ...event.headers.map(([name, value]) => `${name}: ${value}`),
    "",
    ...bodyLines(event),
    "",
    `Event     ${event.id}`,
    `Type      ${event.type ?? "unknown"}`,
    `Received  ${timeOf(event.received_at)} UTC from ${event.remote_address}`,
    ...event.deliveries.flatMap((delivery) => deliveryLines(delivery, targetNames)),
  ].map(printable);
}

function deliveryLines(
  { target_id, status, reason, next_attempt_at, results }: RemoteEvent["deliveries"][number],
  targetNames: ReadonlyMap<string, string>,
): string[] {
  const next = next_attempt_at === null ? "" : `, next attempt ${timeOf(next_attempt_at)} UTC`;
  return [
    "",
    `${targetNames.get(target_id) ?? target_id}: ${status}${next}`,
    ...(reason === null ? [] : [`  ${reason}`]),
    ...results.map(
      ({ attempt, started_at, duration_ms, status_code, error }) =>
        `  ${attempt}. ${timeOf(started_at)}  ${status_code ?? error ?? "done"}  ${Math.round(duration_ms)} ms`,
    ),
  ];
}

function bodyLines({ body_base64, body_size }: RemoteEvent): string[] {
  if (body_size === 0) return ["(no body)"];
  const bytes = Buffer.from(body_base64, "base64");
  try {
    const shown = bytes.subarray(0, MOST_BODY_BYTES);
    const isCut = bytes.byteLength > MOST_BODY_BYTES;
    const text = new TextDecoder("utf-8", { fatal: true }).decode(shown, { stream: isCut });
    return [
      ...text.trimEnd().split("\n"),
      ...(isCut ? [`… ${formatBytes(body_size)}; all of it with --body`] : []),
    ];
  } catch {
    return [`(${formatBytes(body_size)} that are no text; write them to a file with --body)`];
  }
}
