/** The audit log's filter, as represented in the URL. */
import type { AuditFilter } from "../../auth/audit-reading.ts";
import { readerZone } from "../time/reader-zone.ts";
import { timeIn } from "../time/time-in.ts";
import { formatLocalTime, isTimeZone } from "../time/zoned-time.ts";

export type AuditPageFilter = Readonly<{
  /** A username; "" for anybody. */
  who: string;
  /** A kind of object such as "target", or an action such as "target.update". */
  what: string;
  outcome: string;
  objectId: string;
  from: number | null;
  to: number | null;
  /** Time zone of `from` and `to`. */
  zone: string;
}>;

export const OUTCOMES = ["done", "refused", "failed"] as const;
const MAX_TEXT = 200;

/** Leaves out invalid times and reports them in `notes`. */
export function readAuditFilter(
  request: Request,
  query: URLSearchParams,
): { filter: AuditPageFilter; notes: readonly string[] } {
  const notes: string[] = [];
  const text = (name: string) => (query.get(name) ?? "").trim().slice(0, MAX_TEXT);
  const given = text("zone");
  const zone = given !== "" && isTimeZone(given) ? given : readerZone(request);

  function time(name: string): number | null {
    const value = text(name);
    if (value === "") return null;
    const parsed = timeIn(zone).safeParse(value);
    if (parsed.success) return parsed.data;
    notes.push(`“${name}” was ignored: it ${parsed.error.issues[0]?.message ?? "is not valid."}`);
    return null;
  }

  const outcome = text("outcome");
  const filter = {
    who: text("who"),
    what: text("what"),
    outcome: OUTCOMES.find((each) => each === outcome) ?? "",
    objectId: text("object"),
    from: time("from"),
    to: time("to"),
    zone,
  };
  return { filter, notes };
}

export function isFiltered({ zone: _zone, ...filter }: AuditPageFilter): boolean {
  return Object.values(filter).some((value) => value !== "" && value !== null);
}

/** Returns null for a username that nobody has: nothing can match. */
export function toAuditFilter(
  filter: AuditPageFilter,
  userIdOf: (username: string) => string | null,
): Omit<AuditFilter, "limit"> | null {
  const { who, what, outcome, objectId, from, to } = filter;
  const userId = who === "" ? undefined : userIdOf(who);
  if (userId === null) return null;
  return {
    userId,
    action: what === "" ? undefined : what,
    outcome: outcome === "" ? undefined : outcome,
    objectId: objectId === "" ? undefined : objectId,
    from: from ?? undefined,
    to: to ?? undefined,
  };
}

/** Returns "?who=ada&what=target"; "" without conditions. */
export function auditQuery(filter: AuditPageFilter, more: Readonly<Record<string, string>> = {}): string {
  const { who, what, outcome, objectId, from, to, zone } = filter;
  const pairs = Object.entries({
    who,
    what,
    outcome,
    object: objectId,
    from: from === null ? "" : formatLocalTime(from, zone),
    to: to === null ? "" : formatLocalTime(to, zone),
    zone: (from ?? to) === null ? "" : zone,
    ...more,
  }).filter(([, value]) => value !== "");
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs)}`;
}
