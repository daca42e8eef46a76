/** The http target: forwards the received request unchanged to a URL. */
import { z } from "zod";
import type { Clock } from "../lib/clock.ts";
import type { Outbound, OutboundTls } from "../outbound/outbound.ts";
import { inSection } from "../settings/form-field.ts";
import { withoutMaskedParameters } from "../settings/masked-secret.ts";
import { REDACTED } from "../settings/sealed-config.ts";
import { configuredHeaders, configuredHeadersField } from "./configured-headers.ts";
import { headersFor, headersForOtherOrigin } from "./http-headers.ts";
import { targetUrl } from "./outbound-target-url.ts";
import { receivedHeadersFields, receivedHeadersShape } from "./received-headers.ts";
import { redirectOf } from "./redirect.ts";
import { requestUrl } from "./request-url.ts";
import { failedBy, outcomeOf } from "./response-outcome.ts";
import type { DeliveryAttempt, Outcome, ReceivedEvent, TargetType } from "./target-type.ts";
import { tlsFault, tlsFields, tlsOf, tlsShape } from "./tls-settings.ts";

const MAX_RESPONSE_BYTES = 64 * 1024;

const configShape = z.strictObject({
  url: targetUrl,
  headers: configuredHeaders,
  append_path: z
    .boolean()
    .default(false)
    .describe("Append the part of the received path after the entrypoint's own path to the URL's path."),
  connect_timeout_ms: z
    .int()
    .min(100)
    .max(60_000)
    .default(10_000)
    .describe("Timeout of name resolution, connection and TLS together, in milliseconds."),
  follow_redirects: z
    .boolean()
    .default(false)
    .describe(
      "Follow up to 5 redirects: 307 and 308, and any for GET. Configured headers, the signature and the client certificate are not sent to another origin.",
    ),
  ...receivedHeadersShape,
  ...tlsShape,
});

const configSchema = configShape.superRefine((config, context) => {
  const fault = tlsFault(config);
  if (fault !== null) context.addIssue({ code: "custom", path: [fault.field], message: fault.message });
});

type HttpConfig = z.infer<typeof configSchema>;

export function createHttpTarget(deps: { outbound: Outbound; clock: Clock }): TargetType<HttpConfig> {
  return {
    type: "http",
    label: "HTTP",
    description: "Forwards the request unchanged: method, headers, query and body.",
    configSchema,
    fields: [
      { name: "url", label: "URL", kind: "url", required: true, placeholder: "https://example.com/hooks" },
      configuredHeadersField,
      ...inSection("Request", [
        {
          name: "append_path",
          label: "Append the received path",
          kind: "checkbox",
          help: "Adds the path after the entrypoint's address to the URL.",
        },
        {
          name: "connect_timeout_ms",
          label: "Connect timeout (ms)",
          kind: "number",
          placeholder: "10000",
        },
        {
          name: "follow_redirects",
          label: "Follow redirects",
          kind: "checkbox",
          help: "Follows up to 5 redirects: 307/308, and any for GET. Each address is checked again. Another origin gets neither these headers nor the signature nor the client certificate.",
        },
      ]),
      ...receivedHeadersFields,
      ...tlsFields,
    ],
    settlesAtIngest: false,
    signs: true,
    summarize({ url }) {
      const { origin, pathname } = new URL(url);
      return pathname === "/" ? origin : `${origin}${pathname}`;
    },
    refusal: ({ url }) => deps.outbound.refusal(url),
    deliver: (attempt) => deliver(attempt, deps),
    previewRequest(parts, now) {
      const { config, event } = parts;
      const names = Object.keys(config.headers ?? {});
      const headers = Object.fromEntries(names.map((name) => [name, REDACTED]));
      return {
        method: event.method,
        url: urlFor(config, event),
        headers: headersFor({ ...parts, config: { ...config, headers } }, now),
        body: event.body,
      };
    },
  };
}

async function deliver(
  attempt: DeliveryAttempt<HttpConfig>,
  deps: { outbound: Outbound; clock: Clock },
): Promise<Outcome> {
  const { config, event } = attempt;
  const { clock } = deps;
  const endBy = clock.monotonic() + attempt.timeoutMs;
  const tls = tlsFor(config);
  let url = urlFor(config, event);
  let isOtherOrigin = false;
  for (let followed = 0; ; followed++) {
    const result = await deps.outbound.request({
      url,
      method: event.method,
      headers: isOtherOrigin ? headersForOtherOrigin(attempt) : headersFor(attempt, clock.now()),
      body: event.body,
      connectTimeoutMs: config.connect_timeout_ms,
      timeoutMs: followed === 0 ? attempt.timeoutMs : Math.max(1, endBy - clock.monotonic()),
      maxResponseBytes: MAX_RESPONSE_BYTES,
      signal: attempt.signal,
      tls: isOtherOrigin ? undefined : tls,
    });
    if (result.kind === "failed") {
      const error = followed === 0 ? result.message : `after a redirect: ${result.message}`;
      return { kind: "failed", retryable: result.retryable, error, response: null };
    }
    const { response } = result;
    const { statusCode, headers } = response;
    if (statusCode < 300 || statusCode >= 400) return outcomeOf(response, clock.now());
    if (!config.follow_redirects) {
      return failedBy(response, clock.now(), `HTTP ${statusCode}: redirects are not followed`);
    }
    const redirect = redirectOf({ statusCode, headers, method: event.method, url, followed });
    if (redirect.kind === "refused") {
      return failedBy(response, clock.now(), `HTTP ${statusCode}: ${redirect.reason}`);
    }
    url = redirect.url;
    // Permanent: a redirect back to the first origin does not make the hops in between trustworthy.
    isOtherOrigin ||= !redirect.isSameOrigin;
  }
}

/** Computed once per config object, which lives as long as its target is unchanged. */
const tlsByConfig = new WeakMap<HttpConfig, OutboundTls | null>();

function tlsFor(config: HttpConfig): OutboundTls | undefined {
  const known = tlsByConfig.get(config);
  if (known !== undefined) return known ?? undefined;
  const tls = tlsOf(config);
  tlsByConfig.set(config, tls ?? null);
  return tls;
}

function urlFor(config: HttpConfig, event: ReceivedEvent): string {
  const path = config.append_path || event.isPathChosen === true ? event.pathTail : "";
  return requestUrl(config.url, { path, query: withoutMaskedParameters(event.query) });
}
