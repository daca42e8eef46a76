/** Tries a verification on the requests that an entrypoint has stored, and proposes one by what they look like. */
import { AppError } from "../lib/errors.ts";
import type { Sealer } from "../lib/sealed-config.ts";
import type { StoredEvent } from "../storage/event-db/types.ts";
import type { EventStore } from "../storage/event-store.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import { calledUrl } from "../verification/called-url.ts";
import type { Provider, ReceivedRequest, Verifier } from "../verification/provider.ts";
import type { Providers } from "../verification/registry.ts";
import { createVerifications } from "./entrypoint-verification.ts";
import { getOwnEntrypoint, type InEntrypoint } from "./entrypoints.ts";
import { verificationTrialInput } from "./schemas.ts";
import { validate } from "./validate.ts";

/** The newest are tried; bodies are read one after the other, and no more of them than this. */
const MOST_EVENTS = 50;
const MOST_BYTES = 64 * 1024 * 1024;

/** Sends itself with each test event of the dashboard, which no provider has signed. */
export const TEST_SENDER = "webhooker-test";

export type TriedEvent = Readonly<{ eventId: string; receivedAt: number; reason: string }>;

export type Trial = Readonly<{
  tried: number;
  accepted: number;
  /** Those that would have been refused, newest first. */
  refused: readonly TriedEvent[];
}>;

export type VerificationTrials = Readonly<{
  /**
   * `input` is as for a change of the entrypoint's verification: secrets that are left out are the stored ones.
   * Throws AppError: not_found, invalid, unavailable.
   */
  run: (options: InEntrypoint & Readonly<{ input: unknown }>) => Promise<Trial>;
  /** The provider whose requests the entrypoint's last one looks like; null: none, or nothing came. */
  suggest: (
    of: Readonly<{ webhookId: string; entrypointId: string; lastEventAt: number }>,
  ) => Promise<Provider | null>;
}>;

export function createVerificationTrials(deps: {
  mainDb: MainDb;
  providers: Providers;
  keys: Sealer;
  events: Pick<EventStore, "searchEvents" | "findEvent">;
  /** Public address of the server, without a trailing slash. */
  baseUrl: string;
}): VerificationTrials {
  const { mainDb, providers, events, baseUrl } = deps;
  const verifications = createVerifications(deps);

  async function* listEvents(
    webhookId: string,
    filter: { entrypointId: string; from?: number; to?: number },
  ) {
    const found = await events.searchEvents(webhookId, { limit: MOST_EVENTS, cursor: null, filter });
    let bytes = 0;
    for (const { id, bodySize } of found.events) {
      bytes += bodySize;
      if (bytes > MOST_BYTES) return;
      const event = await events.findEvent(webhookId, id);
      if (event && !isTest(event)) yield event;
    }
  }

  return {
    async run({ input, ...of }) {
      const row = getOwnEntrypoint(mainDb, of);
      const { verification: sent } = validate({
        schema: verificationTrialInput,
        value: input,
        what: "entrypoint",
      });
      const { provider, config } = verifications.toOpened({ id: row.id, sent, before: row.verification });
      const verifier = provider.prepare(config);
      const refused: TriedEvent[] = [];
      let tried = 0;
      for await (const event of listEvents(row.webhookId, { entrypointId: row.id })) {
        tried++;
        const reason = await reasonOf(verifier, toRequest(event, baseUrl));
        if (reason !== null) refused.push({ eventId: event.id, receivedAt: event.receivedAt, reason });
      }
      return { tried, accepted: tried - refused.length, refused };
    },

    async suggest({ webhookId, entrypointId, lastEventAt }) {
      // Of one moment, so that no long log is looked through.
      const filter = { entrypointId, from: lastEventAt, to: lastEventAt };
      for await (const event of listEvents(webhookId, filter)) {
        const { headers } = toRequest(event, baseUrl);
        const provider = providers.list().find(({ recognizes }) => recognizes?.(headers));
        if (provider) return provider;
      }
      return null;
    },
  };
}

function isTest({ headers }: StoredEvent): boolean {
  return headers.some(([name, value]) => name === "user-agent" && value === TEST_SENDER);
}

/** As it was when it came: its own time is the time that it is judged at. */
function toRequest(event: StoredEvent, baseUrl: string): ReceivedRequest {
  const { entrypointId, method, pathTail, query, body, remoteAddress, receivedAt } = event;
  const headers = new Headers();
  for (const [name, value] of event.headers) headers.append(name, value);
  const url = calledUrl({ baseUrl, entrypointId, pathTail, query });
  return { method, url, query, headers, body, remoteAddress, receivedAt };
}

/** Null where it would have been accepted. */
async function reasonOf(verifier: Verifier, request: ReceivedRequest): Promise<string | null> {
  try {
    const verdict = await verifier.verify(request);
    return verdict.accepted ? null : verdict.reason;
  } catch (error) {
    if (error instanceof AppError && error.kind === "unavailable") return error.message;
    throw error;
  }
}
