/**
 * Tests a verification on an entrypoint's stored and rejected requests, and suggests a provider that recognizes them.
 */
import { AppError } from "../lib/errors.ts";
import type { Sealer } from "../settings/sealed-config.ts";
import type { RejectedRequest } from "../storage/event-db/rejected.ts";
import type { StoredEvent } from "../storage/event-db/types.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import type { RejectedStore } from "../storage/stores/rejected-store.ts";
import { calledUrl } from "../verification/called-url.ts";
import type { Provider, ReceivedRequest, Verifier } from "../verification/provider.ts";
import type { Providers } from "../verification/registry.ts";
import { isSecretHidden, revealSecret } from "../verification/sender-secret.ts";
import { createVerifications } from "./entrypoint-verification.ts";
import { getEntrypoint, type InEntrypoint } from "./entrypoints.ts";
import { verificationTrialInput } from "./schemas.ts";
import { validate } from "./validate.ts";

/** The newest events and rejected requests tested. Bodies are read one at a time, up to `MOST_BYTES`. */
const MOST_TRIED = 50;
const MOST_BYTES = 64 * 1024 * 1024;

/** User-Agent of the dashboard's test events, which no provider has signed. */
export const TEST_SENDER = "webhooker-test";

/** `id`: of the event or the rejected request. */
export type TriedRequest = Readonly<{ id: string; receivedAt: number; reason: string }>;

export type TrialResult = Readonly<{
  /** Requests that were tested. */
  tried: number;
  /** Requests that could not be tested, because their secret is not stored. */
  untried: number;
  accepted: number;
  /** Events that would have been rejected, newest first. */
  refused: readonly TriedRequest[];
}>;

export type Trial = Readonly<{
  events: TrialResult;
  /** Results for rejected requests. */
  rejected: TrialResult;
}>;

export type VerificationTrials = Readonly<{
  /**
   * Tests a verification. `input` is that of an update: secrets that are left out are taken from the stored ones.
   * Throws AppError `not_found`, `invalid` or `unavailable`.
   */
  run: (options: InEntrypoint & Readonly<{ input: unknown }>) => Promise<Trial>;
  /** Returns the provider that recognizes the entrypoint's last request; null if there is none. */
  suggest: (
    of: Readonly<{ webhookId: string; entrypointId: string; lastEventAt: number }>,
  ) => Promise<Provider | null>;
}>;

export function createVerificationTrials(deps: {
  mainDb: MainDb;
  providers: Providers;
  keys: Sealer;
  events: Pick<EventStore, "searchEvents" | "findEvent">;
  rejected: Pick<RejectedStore, "list" | "find">;
  /** BASE_URL, without a trailing slash. */
  baseUrl: string;
}): VerificationTrials {
  const { mainDb, providers, keys, events, rejected, baseUrl } = deps;
  const verifications = createVerifications(deps);

  async function* listEvents(
    webhookId: string,
    filter: { entrypointId: string; from?: number; to?: number },
  ) {
    const found = await events.searchEvents(webhookId, { limit: MOST_TRIED, cursor: null, filter });
    for (const { id } of withinBytes(found.events)) {
      const event = await events.findEvent(webhookId, id);
      if (event && !isTest(event)) yield event;
    }
  }

  async function* listRejected(webhookId: string, entrypointId: string) {
    const found = await rejected.list(webhookId, { limit: MOST_TRIED, cursor: null, entrypointId });
    for (const { id } of withinBytes(found.requests)) {
      const request = await rejected.find(webhookId, id);
      if (request) yield request;
    }
  }

  /** Restores the request as it was received, as far as known, with its time of receipt. */
  function toRequest(kept: Kept): ReceivedRequest {
    const { id, entrypointId, method, pathTail, body, remoteAddress, receivedAt } = kept;
    const stored = { headers: new Headers(), query: kept.query };
    for (const [name, value] of kept.headers) stored.headers.append(name, value);
    const sealedSecret = "sealedSecret" in kept ? kept.sealedSecret : null;
    const { headers, query } = revealSecret(stored, { id, sealedSecret }, keys) ?? stored;
    const url = calledUrl({ baseUrl, entrypointId, pathTail, query });
    return { method, url, query, headers, body, remoteAddress, receivedAt };
  }

  async function tryOn(verifier: Verifier, requests: AsyncIterable<Kept>): Promise<TrialResult> {
    const refused: TriedRequest[] = [];
    let [tried, untried] = [0, 0];
    for await (const kept of requests) {
      const request = toRequest(kept);
      const reason = await reasonOf(verifier, request);
      if (reason !== null && isSecretHidden(request, verifier.secretPlace)) {
        untried++;
        continue;
      }
      tried++;
      if (reason !== null) refused.push({ id: kept.id, receivedAt: kept.receivedAt, reason });
    }
    return { tried, untried, accepted: tried - refused.length, refused };
  }

  return {
    async run({ input, ...of }) {
      const row = getEntrypoint(mainDb, of, "editor");
      const { verification: sent } = validate({
        schema: verificationTrialInput,
        value: input,
        what: "entrypoint",
      });
      const { provider, config } = verifications.toOpened({ id: row.id, sent, before: row.verification });
      const verifier = provider.prepare(config);
      return {
        events: await tryOn(verifier, listEvents(row.webhookId, { entrypointId: row.id })),
        rejected: await tryOn(verifier, listRejected(row.webhookId, row.id)),
      };
    },

    async suggest({ webhookId, entrypointId, lastEventAt }) {
      // One millisecond only, so that no long event log is searched.
      const filter = { entrypointId, from: lastEventAt, to: lastEventAt };
      for await (const event of listEvents(webhookId, filter)) {
        const { headers } = toRequest(event);
        const provider = providers.list().find(({ recognizes }) => recognizes?.(headers));
        if (provider) return provider;
      }
      return null;
    },
  };
}

type Kept = StoredEvent | RejectedRequest;

function* withinBytes<T extends { bodySize: number }>(found: readonly T[]): Generator<T> {
  let bytes = 0;
  for (const each of found) {
    bytes += each.bodySize;
    if (bytes > MOST_BYTES) return;
    yield each;
  }
}

function isTest({ headers }: StoredEvent): boolean {
  return headers.some(([name, value]) => name === "user-agent" && value === TEST_SENDER);
}

/** Returns why the request would be rejected; null if it would be accepted. */
async function reasonOf(verifier: Verifier, request: ReceivedRequest): Promise<string | null> {
  try {
    const verdict = await verifier.verify(request);
    return verdict.accepted ? null : verdict.reason;
  } catch (error) {
    if (error instanceof AppError && error.kind === "unavailable") return error.message;
    throw error;
  }
}
