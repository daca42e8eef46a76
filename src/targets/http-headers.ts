/** Builds the headers of a request to an http target: received, configured and identity headers, and the signature. */
import { idForReceivers } from "../settings/published-events.ts";
import { endToEndHeaders, type Selection } from "./forwarded-headers.ts";
import { SIGNING_HEADERS } from "./signing.ts";
import type { DeliveryAttempt, HeaderList, RequestParts } from "./target-type.ts";

type Configured = Readonly<{
  headers?: Readonly<Record<string, string>> | undefined;
  drop_headers?: readonly string[] | undefined;
  forward_headers?: readonly string[] | undefined;
}>;

type OwnHeaders = Readonly<{ list: HeaderList; selection: Selection }>;
type OwnByConfig = Readonly<{ unsigned: OwnHeaders; signed: OwnHeaders; otherOrigin: Selection }>;

/** Computed once per config object, which lives as long as its target is unchanged. */
const ownHeaders = new WeakMap<Configured, OwnByConfig>();

/** Headers with the sender's credentials, meant for the gateway and, if its owner wants so, for the target. */
const CREDENTIALS = ["authorization", "cookie"];

function configuredHeaders(config: Configured): OwnByConfig {
  const known = ownHeaders.get(config);
  if (known !== undefined) return known;
  const list = Object.entries(config.headers ?? {});
  const names = list.map(([name]) => name.toLowerCase());
  const proxyHeaders = lowerCase(config.forward_headers);
  const unwanted = [...names, ...lowerCase(config.drop_headers)];
  const signed = [...unwanted, ...SIGNING_HEADERS];
  const own = {
    unsigned: { list, selection: { without: new Set(unwanted), proxyHeaders } },
    signed: {
      list: list.filter(([name]) => !SIGNING_HEADERS.has(name.toLowerCase())),
      selection: { without: new Set(signed), proxyHeaders },
    },
    otherOrigin: { without: new Set([...signed, ...CREDENTIALS]), proxyHeaders: new Set<string>() },
  };
  ownHeaders.set(config, own);
  return own;
}

function lowerCase(names: readonly string[] = []): ReadonlySet<string> {
  return new Set(names.map((name) => name.toLowerCase()));
}

/**
 * If the request is signed, no signature header comes from the sender; if not, the sender's own signature is forwarded.
 */
export function headersFor(attempt: RequestParts<Configured>, now: number): HeaderList {
  const { config, event, signer } = attempt;
  const own = configuredHeaders(config)[signer === null ? "unsigned" : "signed"];
  const headers = endToEndHeaders(event.headers, own.selection);
  for (const header of own.list) headers.push(header);
  addIdentity(headers, attempt);
  if (signer === null) return headers;
  for (const header of signer.headers({ id: idForReceivers(event), body: event.body, now }))
    headers.push(header);
  return headers;
}

/** Headers for another origin that a redirect leads to: without configured, signed, secret and proxy headers. */
export function headersForOtherOrigin(attempt: DeliveryAttempt<Configured>): HeaderList {
  const headers = endToEndHeaders(attempt.event.headers, configuredHeaders(attempt.config).otherOrigin);
  addIdentity(headers, attempt);
  return headers;
}

function addIdentity(
  headers: HeaderList[number][],
  { event, webhook, attempt }: RequestParts<Configured>,
): void {
  headers.push(
    ["X-Webhooker-Event-Id", event.id],
    ["X-Webhooker-Webhook-Id", webhook.id],
    ["X-Webhooker-Attempt", String(attempt)],
  );
}
