/** Prepares an entrypoint's settings for its requests, once per route object of the routing table. */
import { type CidrList, createCidrList } from "../lib/cidr.ts";
import { AppError, errorMessage } from "../lib/errors.ts";
import type { Logger } from "../observability/log.ts";
import {
  type EntrypointSettings,
  isAutoType,
  NO_TYPE,
  readSettings,
} from "../settings/entrypoint-settings.ts";
import { isInBody } from "../settings/value-path.ts";
import type { Route } from "../storage/main-db/routing.ts";
import { createEcho, type Echo } from "../verification/asking/echo.ts";
import { type PlaceReader, readerOf } from "../verification/request-place.ts";
import { createDedupKeyReader, type DedupKeyReader } from "./dedup-key.ts";
import type { BucketRule } from "./token-buckets.ts";

export type EntrypointRules = Readonly<{
  methods: readonly string[];
  /** Null: the server's limit. */
  maxBodyBytes: number | null;
  /** Null: any network. */
  networks: CidrList | null;
  rate: BucketRule | null;
  /** "auto": as the provider of the verification defines, else where most senders put it. "none": no type. */
  readType: PlaceReader | "auto" | "none";
  /** Null if deduplication is off. */
  readDedupKey: DedupKeyReader | null;
  /** Whether one of these two readers reads the body. */
  readsBody: boolean;
  keepRejected: boolean;
  /** Null if the settings describe no challenge. */
  echo: Echo | null;
  /** The response to an event, without the headers that every response has. */
  answer: (eventId: string) => Readonly<{ status: number; body: string | null; headers: Headers }>;
}>;

/**
 * Returns null if all settings are defaults. Throws AppError `unavailable` if they cannot be read: nothing is accepted
 * that the owner may not want.
 */
export type RulesReader = (route: Route) => EntrypointRules | null;

/** The methods of an entrypoint with default settings. */
export const DEFAULT_METHODS: readonly string[] = ["POST"];

export function createRulesReader({ log }: { log: Logger }): RulesReader {
  const known = new WeakMap<Route, EntrypointRules | "unusable">();

  function read({ entrypointId, settings }: Route): EntrypointRules | "unusable" {
    try {
      return prepare(readSettings(settings));
    } catch (error) {
      const fields = { entrypoint_id: entrypointId, cause: errorMessage(error) };
      log.error("an entrypoint's settings cannot be read; its requests are refused with 503", fields);
      return "unusable";
    }
  }

  return (route) => {
    if (route.settings === null) return null;
    let rules = known.get(route);
    if (rules === undefined) {
      rules = read(route);
      known.set(route, rules);
    }
    if (rules !== "unusable") return rules;
    throw new AppError({
      kind: "unavailable",
      code: "settings_unusable",
      message: "This entrypoint's settings cannot be read. Nothing was stored.",
      hint: "The server's log has the cause. The entrypoint's owner can save the settings again.",
    });
  };
}

function prepare(settings: EntrypointSettings): EntrypointRules {
  return {
    methods: settings.methods,
    maxBodyBytes: settings.max_body_bytes,
    networks: settings.allowed_networks.length === 0 ? null : createCidrList(settings.allowed_networks),
    rate: rateOf(settings),
    readType: typeReaderOf(settings.event_type_from),
    readDedupKey: createDedupKeyReader(settings),
    readsBody:
      isAutoType(settings.event_type_from) ||
      [settings.event_type_from, settings.deduplicate_value].some(isInBody),
    keepRejected: settings.keep_rejected,
    echo: createEcho(settings),
    answer: answerOf(settings),
  };
}

function typeReaderOf(place: EntrypointSettings["event_type_from"]): EntrypointRules["readType"] {
  if (isAutoType(place)) return "auto";
  return place === NO_TYPE ? "none" : readerOf(place);
}

function rateOf({ rate_limit, rate_limit_per, rate_limit_burst }: EntrypointSettings): BucketRule | null {
  if (rate_limit === null) return null;
  const seconds = rate_limit_per === "minute" ? 60 : 1;
  return { perSecond: rate_limit / seconds, burst: rate_limit_burst ?? rate_limit };
}

/** Statuses without a body; a Response with one throws. */
const WITHOUT_BODY: readonly number[] = [204, 205];

const EVENT_ID = "{id}";

function answerOf(settings: EntrypointSettings): EntrypointRules["answer"] {
  const { response_status: status, response_headers, response_body: body } = settings;
  const hasBody = !WITHOUT_BODY.includes(status);
  const ownType = settings.response_content_type ?? "text/plain; charset=utf-8";
  // Anyone who can create an entrypoint controls this response on the dashboard's origin, so browsers must not run any
  // of it.
  const fixed = {
    "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    // A cached response would acknowledge an event that never arrived.
    "cache-control": "no-store",
    ...(hasBody && { "content-type": body === null ? "application/json" : ownType }),
  };
  return (eventId) => {
    const headers = new Headers(response_headers);
    for (const [name, value] of Object.entries(fixed)) headers.set(name, value);
    if (!hasBody) return { status, body: null, headers };
    return { status, body: (body ?? `{"id":"${EVENT_ID}"}`).replaceAll(EVENT_ID, eventId), headers };
  };
}
