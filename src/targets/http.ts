/** The http target: the received request goes on to a URL as it came. */
import { z } from "zod";
import type { Clock } from "../lib/clock.ts";
import type { Outbound } from "../lib/outbound.ts";
import { endToEndHeaders, isConfigurableHeader, isHeaderName, isHeaderValue } from "./forwarded-headers.ts";
import { targetUrl } from "./outbound-target-url.ts";
import { retryAfterMs } from "./retry-after.ts";
import { SIGNING_HEADERS } from "./signing.ts";
import type { DeliveryAttempt, Outcome, ReceivedEvent, TargetType } from "./target-type.ts";

const MAX_RESPONSE_BYTES = 64 * 1024;
const MAX_CONFIGURED_HEADERS = 50;

const headersSchema = z.record(z.string(), z.string().max(8192)).superRefine((headers, context) => {
  const names = Object.keys(headers);
  const fault = (name: string, message: string) =>
    context.addIssue({ code: "custom", path: [name], message });
  if (names.length > MAX_CONFIGURED_HEADERS) fault("", `must not be more than ${MAX_CONFIGURED_HEADERS}`);
  if (new Set(names.map((name) => name.toLowerCase())).size < names.length) fault("", "names a header twice");
  for (const [name, value] of Object.entries(headers)) {
    if (!isHeaderName(name)) fault(name, "is not a valid header name");
    else if (!isConfigurableHeader(name)) fault(name, "is set by the gateway itself");
    else if (!isHeaderValue(value)) fault(name, "has a value that a header cannot carry");
  }
});

const configSchema = z.strictObject({
  url: targetUrl,
  headers: headersSchema
    .optional()
    .describe("Added to every request; replaces a received header of that name."),
  append_path: z
    .boolean()
    .default(false)
    .describe("Append what followed the entrypoint's own path to the URL's path."),
  connect_timeout_ms: z
    .int()
    .min(100)
    .max(60_000)
    .default(10_000)
    .describe("Limit for name resolution, connection and TLS together, in milliseconds."),
});

type HttpConfig = z.infer<typeof configSchema>;

export function createHttpTarget(deps: { outbound: Outbound; clock: Clock }): TargetType<HttpConfig> {
  return {
    type: "http",
    label: "HTTP",
    description: "Sends the request on to a URL as it came: method, body, query and headers.",
    configSchema,
    fields: [
      { name: "url", label: "URL", kind: "url", required: true, placeholder: "https://example.com/hooks" },
      {
        name: "headers",
        label: "Headers",
        kind: "headers",
        secret: true,
        help: "Added to every request, for example Authorization.",
      },
      {
        name: "append_path",
        label: "Append the received path",
        kind: "checkbox",
        help: "Adds what followed the entrypoint's address to the URL.",
      },
      {
        name: "connect_timeout_ms",
        label: "Connect timeout (ms)",
        kind: "number",
        placeholder: "10000",
      },
    ],
    settlesAtIngest: false,
    signs: true,
    summarize({ url }) {
      const { origin, pathname } = new URL(url);
      return pathname === "/" ? origin : `${origin}${pathname}`;
    },
    deliver: (attempt) => deliver(attempt, deps),
  };
}

async function deliver(
  attempt: DeliveryAttempt<HttpConfig>,
  deps: { outbound: Outbound; clock: Clock },
): Promise<Outcome> {
  const { config, event } = attempt;
  const result = await deps.outbound.request({
    url: urlFor(config, event),
    method: event.method,
    headers: headersFor(attempt, deps.clock.now()),
    body: event.body,
    connectTimeoutMs: config.connect_timeout_ms,
    timeoutMs: attempt.timeoutMs,
    maxResponseBytes: MAX_RESPONSE_BYTES,
    signal: attempt.signal,
  });
  if (result.kind === "failed") {
    return { kind: "failed", retryable: result.retryable, error: result.message, response: null };
  }
  const { response } = result;
  const { statusCode, headers } = response;
  if (statusCode >= 200 && statusCode < 300) return { kind: "delivered", response };
  const error =
    statusCode >= 300 && statusCode < 400
      ? `answered ${statusCode}: redirects are not followed`
      : `answered ${statusCode}`;
  const wait = retryAfterMs({ statusCode, headers, now: deps.clock.now() });
  return {
    kind: "failed",
    retryable: true,
    error,
    response,
    ...(wait === null ? {} : { retryAfterMs: wait }),
  };
}

/** The target's own query comes first, so that it cannot be pushed aside by what a sender appends. */
function urlFor(config: HttpConfig, event: ReceivedEvent): string {
  const path = config.append_path ? event.pathTail : "";
  if (path === "" && event.query === "") return config.url;
  const url = new URL(config.url);
  if (path !== "" && path !== "/")
    url.pathname = `${url.pathname.replace(/\/$/, "")}${withoutClimbing(path)}`;
  const own = url.search.slice(1);
  url.search = own !== "" && event.query !== "" ? `${own}&${event.query}` : own || event.query;
  return url.href;
}

/** Resolved by itself, so that a sender's "/../" cannot leave the path that the target names. */
function withoutClimbing(path: string): string {
  const alone = new URL("http://alone/");
  alone.pathname = path;
  return alone.pathname;
}

type OwnHeaders = Readonly<{ list: readonly (readonly [string, string])[]; names: ReadonlySet<string> }>;
type OwnByConfig = Readonly<{ unsigned: OwnHeaders; signed: OwnHeaders }>;

/** Computed once per config: a config object lives as long as its target is unchanged. */
const ownHeaders = new WeakMap<HttpConfig, OwnByConfig>();

function configuredHeaders(config: HttpConfig): OwnByConfig {
  const known = ownHeaders.get(config);
  if (known !== undefined) return known;
  const list = Object.entries(config.headers ?? {});
  const names = list.map(([name]) => name.toLowerCase());
  const own = {
    unsigned: { list, names: new Set(names) },
    signed: {
      list: list.filter(([name]) => !SIGNING_HEADERS.has(name.toLowerCase())),
      names: new Set([...names, ...SIGNING_HEADERS]),
    },
  };
  ownHeaders.set(config, own);
  return own;
}

/** Signed, no header of a signature's names comes from elsewhere; unsigned, a sender's own signature goes on. */
function headersFor(attempt: DeliveryAttempt<HttpConfig>, now: number): [string, string][] {
  const { config, event, webhook, signer } = attempt;
  const own = configuredHeaders(config)[signer === null ? "unsigned" : "signed"];
  const headers = endToEndHeaders(event.headers, own.names);
  for (const [name, value] of own.list) headers.push([name, value]);
  headers.push(
    ["X-Webhooker-Event-Id", event.id],
    ["X-Webhooker-Webhook-Id", webhook.id],
    ["X-Webhooker-Attempt", String(attempt.attempt)],
  );
  for (const [name, value] of signer?.headers({ id: event.id, body: event.body, now }) ?? []) {
    headers.push([name, value]);
  }
  return headers;
}
