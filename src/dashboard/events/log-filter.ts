/** The event log's filter, as represented in the URL. */
import { z } from "zod";
import { MINUTE_MS } from "../../lib/clock.ts";
import { isId } from "../../lib/ids.ts";
import { parseRange } from "../../lib/time-range.ts";
import { ENTRYPOINT_METHODS } from "../../settings/entrypoint-settings.ts";
import { findFields } from "../../settings/indexed-fields.ts";
import { PUBLISHED } from "../../settings/published-events.ts";
import {
  ANSWER,
  EVENT_FATES,
  type EventFate,
  type EventFilter,
  type FieldCondition,
} from "../../storage/event-db/event-filter.ts";
import { timeIn } from "../time/time-in.ts";
import { formatLocalTime, isTimeZone } from "../time/zoned-time.ts";

export type LogFilter = Readonly<{
  /** Range up to now, such as "24h"; `from` and `to` are then null. */
  range: string | null;
  from: number | null;
  to: number | null;
  /** Time zone of `from` and `to`. */
  zone: string;
  entrypointId: string | null;
  targetId: string | null;
  status: EventFate | null;
  /** Only deliveries that were given up because a transformation failed. */
  transformation: "failed" | null;
  /** Answer to the last attempt: "500", "5xx" or "none". */
  answer: string | null;
  method: string | null;
  type: string | null;
  text: string | null;
  /** Null if there are none. */
  fields: readonly FieldCondition[] | null;
}>;

const DEFAULT_ZONE = "UTC";

const id = z.string().refine(isId, "is not an id.");
const schemas = {
  range: z
    .string()
    .refine((text) => parseRange(text) !== null, "must be a number of minutes, hours or days, such as 30d."),
  zone: z.string().refine(isTimeZone, "is not a time zone."),
  entrypoint: id.or(z.literal(PUBLISHED)),
  target: id,
  status: z.enum(EVENT_FATES, `must be one of ${EVENT_FATES.join(", ")}.`),
  transformation: z.enum(["failed"], "must be failed."),
  answer: z.string().toLowerCase().regex(ANSWER, "must be a status such as 500, or 5xx, or none."),
  method: z.enum(ENTRYPOINT_METHODS, `must be one of ${ENTRYPOINT_METHODS.join(", ")}.`),
  type: z.string().max(250, "is longer than 250 characters."),
  q: z.string().max(200, "is longer than 200 characters."),
};

/** Leaves out invalid values and reports them in `notes`. `indexedFields` are the webhook's. */
export function readLogFilter(
  query: URLSearchParams,
  indexedFields: readonly string[],
): { filter: LogFilter; notes: readonly string[] } {
  const notes: string[] = [];

  function read<T>(name: string, schema: z.ZodType<T>): T | null {
    const value = query.get(name);
    if (value === null || value === "") return null;
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    notes.push(`“${name}” was ignored: it ${parsed.error.issues[0]?.message ?? "is not valid."}`);
    return null;
  }

  const zone = read("zone", schemas.zone) ?? DEFAULT_ZONE;
  const range = read("range", schemas.range);
  const from = read("from", timeIn(zone));
  const to = read("to", timeIn(zone));
  if (range !== null && (from !== null || to !== null)) {
    notes.push("“from” and “to” were ignored: a range up to now is selected.");
  }
  const { fields, unknown } = findFields(indexedFields, fieldsIn(query));
  for (const name of unknown) {
    notes.push(`“${FIELD_MARK}${name}” was ignored: the webhook has no such field.`);
  }
  const filter = {
    range,
    from: range === null ? from : null,
    to: range === null ? to : null,
    zone,
    entrypointId: read("entrypoint", schemas.entrypoint),
    targetId: read("target", schemas.target),
    status: read("status", schemas.status),
    transformation: read("transformation", schemas.transformation),
    answer: read("answer", schemas.answer),
    method: read("method", schemas.method),
    type: read("type", schemas.type),
    text: read("q", schemas.q),
    fields: fields.length === 0 ? null : fields,
  };
  if (filter.from !== null && filter.to !== null && filter.from > filter.to) {
    notes.push("No event can match: “from” is later than “to”.");
  }
  return { filter, notes };
}

/** Begins the names of fields in the URL: "field.order_id=4711". */
export const FIELD_MARK = "field.";

/** As the API has it too: "field[order_id]=4711". */
const FIELD = /^field(?:\.(.*)|\[(.*)\])$/;

function fieldsIn(query: URLSearchParams): readonly (readonly [name: string, value: string])[] {
  return [...query].flatMap(([parameter, value]) => {
    const [, afterDot, inBrackets] = FIELD.exec(parameter) ?? [];
    const name = afterDot ?? inBrackets;
    return name === undefined || value === "" ? [] : [[name, value] as const];
  });
}

export function toEventFilter(filter: LogFilter, now: number): EventFilter {
  const { range, from, to, entrypointId, targetId, status, transformation, method, type, text } = filter;
  const { answer, fields } = filter;
  const width = range === null ? null : parseRange(range);
  return {
    from: width === null ? (from ?? undefined) : now - width,
    to: to === null ? undefined : lastOf(to),
    entrypointId: entrypointId ?? undefined,
    targetId: targetId ?? undefined,
    status: status ?? undefined,
    transformationFailed: transformation === "failed" ? true : undefined,
    answer: answer ?? undefined,
    method: method ?? undefined,
    type: type ?? undefined,
    text: text ?? undefined,
    fields: fields ?? undefined,
  };
}

/** "Until 10:00" includes events received in that minute. */
function lastOf(to: number): number {
  return to % MINUTE_MS === 0 ? to + MINUTE_MS - 1 : to;
}

export function isFiltered({ zone: _zone, ...filter }: LogFilter): boolean {
  return Object.values(filter).some((value) => value !== null);
}

/** Returns "?status=failed&q=x", always in the same order; "" without conditions. */
export function filterQuery(filter: LogFilter, more: Readonly<Record<string, string>> = {}): string {
  const { range, from, to, zone, entrypointId, targetId, status, method, type, text } = filter;
  const { transformation, answer, fields } = filter;
  const pairs = Object.entries({
    range,
    from: from === null ? null : formatLocalTime(from, zone),
    to: to === null ? null : formatLocalTime(to, zone),
    zone: zone !== DEFAULT_ZONE && (from ?? to) !== null ? zone : null,
    entrypoint: entrypointId,
    target: targetId,
    status,
    transformation,
    answer,
    method,
    type,
    q: text,
    ...Object.fromEntries((fields ?? []).map(({ name, value }) => [FIELD_MARK + name, value])),
    ...more,
  }).filter((pair): pair is [string, string] => pair[1] !== null);
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs)}`;
}
