/** A client of a running gateway's REST API that checks each response against the API's own schemas. */
import { z } from "zod";
import { eventSchema, eventSummarySchema } from "../../src/api/events/event-schemas.ts";
import { rejectedSummarySchema } from "../../src/api/rejected/rejected-schemas.ts";
import { errorSchema } from "../../src/api/schema-parts.ts";
import {
  entrypointSchema,
  listOf,
  replayRunSchema,
  targetSchema,
  webhookSchema,
} from "../../src/api/schemas.ts";
import { until } from "./until.ts";

export type EventSummary = z.output<typeof eventSummarySchema>;
export type StoredEvent = z.output<typeof eventSchema>;
export type TargetWish = Readonly<{
  type: string;
  config?: Record<string, unknown>;
  transformation?: Readonly<{ code: string }>;
  max_attempts?: number | null;
  timeout_ms?: number;
  circuit_failures?: number | null;
}>;
/** The ids that a test needs to send to a webhook and to follow its deliveries. */
export type WebhookSetup = Readonly<{
  webhookId: string;
  entrypointId: string;
  targetIds: readonly string[];
}>;

const PAGE = 200;
/** Codes of the answers of nodes that know no leader, or that no longer lead. */
const NO_LEADER = /"code":"(?:no|not)_leader"/;
const eventPage = listOf(eventSummarySchema).extend({ not_searched: z.int() });
const rejectedPage = listOf(rejectedSummarySchema);

export class ApiClient {
  readonly #origin: () => string;
  readonly #createKey: () => Promise<string>;
  #key: Promise<string> | null = null;

  constructor(origin: () => string, createKey: () => Promise<string>) {
    this.#origin = origin;
    this.#createKey = createKey;
  }

  /** The key that requests are sent with. */
  key(): Promise<string> {
    this.#key ??= this.#createKey();
    return this.#key;
  }

  /**
   * Sends any request, its body as JSON, and returns the response unchecked. While a cluster's leader changes, nothing is done
   * and the request is sent again.
   */
  async request(method: string, path: string, body?: unknown): Promise<Response> {
    const headers = { authorization: `Bearer ${await this.key()}`, "content-type": "application/json" };
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    return until(async () => {
      const response = await fetch(`${this.#origin()}/api/v1${path}`, init);
      const isRefused = response.status === 503 && NO_LEADER.test(await response.clone().text());
      return isRefused ? null : response;
    });
  }

  async #ask<T>(call: { method: string; path: string; body?: unknown; schema: z.ZodType<T> }): Promise<T> {
    const response = await this.request(call.method, call.path, call.body);
    if (!response.ok) {
      throw new Error(`${call.method} ${call.path}: ${response.status} ${await response.text()}`);
    }
    return call.schema.parse(await response.json());
  }

  /** Creates a webhook with one entrypoint and the given targets. */
  async setUpWebhook(targets: readonly TargetWish[] = []): Promise<WebhookSetup> {
    const post = { method: "POST" };
    const { id: webhookId } = await this.#ask({
      ...post,
      path: "/webhooks",
      body: { name: "test" },
      schema: webhookSchema,
    });
    const path = `/webhooks/${webhookId}`;
    const { id: entrypointId } = await this.#ask({
      ...post,
      path: `${path}/entrypoints`,
      schema: entrypointSchema,
    });
    const targetIds: string[] = [];
    for (const [index, wish] of targets.entries()) {
      const body = { name: `target ${index}`, ...wish };
      const made = await this.#ask({ ...post, path: `${path}/targets`, body, schema: targetSchema });
      targetIds.push(made.id);
    }
    return { webhookId, entrypointId, targetIds };
  }

  /** Lists all events, newest first. */
  async listEvents(webhookId: string): Promise<EventSummary[]> {
    const events: EventSummary[] = [];
    let cursor: string | null = null;
    do {
      const more: string = cursor === null ? "" : `&cursor=${cursor}`;
      const path = `/webhooks/${webhookId}/events?limit=${PAGE}${more}`;
      const page: z.output<typeof eventPage> = await this.#ask({ method: "GET", path, schema: eventPage });
      events.push(...page.data);
      cursor = page.next_cursor;
    } while (cursor !== null);
    return events;
  }

  hasPending(webhookId: string): Promise<boolean> {
    return this.hasSome(webhookId, "pending");
  }

  async hasSome(webhookId: string, status: "pending" | "held"): Promise<boolean> {
    const path = `/webhooks/${webhookId}/events?limit=1&status=${status}`;
    const page = await this.#ask({ method: "GET", path, schema: eventPage });
    // A search that stopped early has a cursor.
    return page.data.length > 0 || page.next_cursor !== null;
  }

  /** Creates a replay that finds nothing to do, and returns its id. */
  async createReplay(webhookId: string): Promise<string> {
    const body = { filter: { status: "held" } };
    const path = `/webhooks/${webhookId}/replays`;
    return (await this.#ask({ method: "POST", path, body, schema: replayRunSchema })).id;
  }

  /** Polls for a rejected request, which is stored after its sender is answered, and returns its id. */
  async waitForRejected(webhookId: string): Promise<string> {
    const path = `/webhooks/${webhookId}/rejected`;
    return until(async () => {
      const { data } = await this.#ask({ method: "GET", path, schema: rejectedPage });
      return data[0]?.id ?? null;
    });
  }

  getEvent(webhookId: string, eventId: string): Promise<StoredEvent> {
    return this.#ask({
      method: "GET",
      path: `/webhooks/${webhookId}/events/${eventId}`,
      schema: eventSchema,
    });
  }

  /** Polls until the webhook has no pending delivery, and resolves with its events. */
  async waitUntilSettled(webhookId: string): Promise<EventSummary[]> {
    return until(async () => {
      if (await this.hasPending(webhookId)) return null;
      const events = await this.listEvents(webhookId);
      return events.every((event) => event.delivery_counts.pending === 0) ? events : null;
    });
  }

  async isHealthy(): Promise<boolean> {
    const response = await fetch(`${this.#origin()}/.well-known/healthcheck`);
    await response.text();
    return response.status === 200;
  }
}

/** Returns the error code of a response; throws where the body has another shape than the API's errors. */
export function errorCodeOf(body: unknown): string {
  return errorSchema.parse(body).error.code;
}
