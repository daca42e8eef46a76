/** The headers of a request to an http target: the received ones, the configured ones, the signature, and who asks. */
import { endToEndHeaders } from "./forwarded-headers.ts";
import { SIGNING_HEADERS } from "./signing.ts";
import type { DeliveryAttempt, HeaderList } from "./target-type.ts";

type Configured = Readonly<{ headers?: Readonly<Record<string, string>> | undefined }>;

type OwnHeaders = Readonly<{ list: readonly (readonly [string, string])[]; names: ReadonlySet<string> }>;
type OwnByConfig = Readonly<{ unsigned: OwnHeaders; signed: OwnHeaders }>;

/** Computed once per config: a config object lives as long as its target is unchanged. */
const ownHeaders = new WeakMap<Configured, OwnByConfig>();

function configuredHeaders(config: Configured): OwnByConfig {
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
export function headersFor(attempt: DeliveryAttempt<Configured>, now: number): HeaderList {
  const { config, event, signer } = attempt;
  const own = configuredHeaders(config)[signer === null ? "unsigned" : "signed"];
  const headers = endToEndHeaders(event.headers, own.names);
  for (const header of own.list) headers.push(header);
  addIdentity(headers, attempt);
  if (signer === null) return headers;
  for (const header of signer.headers({ id: event.id, body: event.body, now })) headers.push(header);
  return headers;
}

/** What a sender's credentials stand in; they were meant for the gateway and, by its owner's will, the target. */
const CREDENTIALS = ["authorization", "cookie"];

/** For an origin that a redirect leads to: nothing configured, signed or secret. */
export function headersElsewhere(attempt: DeliveryAttempt<Configured>): HeaderList {
  const { names } = configuredHeaders(attempt.config).signed;
  const headers = endToEndHeaders(attempt.event.headers, new Set([...names, ...CREDENTIALS]));
  addIdentity(headers, attempt);
  return headers;
}

function addIdentity(
  headers: HeaderList[number][],
  { event, webhook, attempt }: DeliveryAttempt<Configured>,
): void {
  headers.push(
    ["X-Webhooker-Event-Id", event.id],
    ["X-Webhooker-Webhook-Id", webhook.id],
    ["X-Webhooker-Attempt", String(attempt)],
  );
}
