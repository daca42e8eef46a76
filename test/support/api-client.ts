/** A program's view of a running gateway: the REST API, its answers held to the shapes the API promises. */
import { z } from "zod";
import { eventSchema, eventSummarySchema } from "../../src/api/event-schemas.ts";
import { rejectedSummarySchema } from "../../src/api/rejected-schemas.ts";
import {
  entrypointSchema,
  errorSchema,
  listOf,
  replayRunSchema,
  targetSchema,
  webhookSchema,
} from "../../src/api/schemas.ts";

export type EventSummary = z.output<typeof eventSummarySchema>;
export type StoredEvent = z.output<typeof eventSchema>;
export type TargetWish = Readonly<{
  type: string;
  config?: Record<string, unknown>;
  max_attempts?: number | null;
  timeout_ms?: number;
  circuit_failures?: number | null;
}>;
/** What one webhook of a test needs to receive and deliver. */
export type WebhookSetup = Readonly<{
  webhookId: string;
  entrypointId: string;
  targetIds: readonly string[];
}>;

const PAGE = 200;
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

  /** Any request, answered as it is; a body goes as JSON. */
  async request(method: string, path: string, body?: unknown): Promise<Response> {
    this.#key ??= this.#createKey();
    const headers = { authorization: `Bearer ${await this.#key}`, "content-type": "application/json" };
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    return fetch(`${this.#origin()}/api/v1${path}`, init);
  }

  async #ask<T>(call: { method: string; path: string; body?: unknown; schema: z.ZodType<T> }): Promise<T> {
    const response = await this.request(call.method, call.path, call.body);
    if (!response.ok) {
      throw new Error(`${call.method} ${call.path}: ${response.status} ${await response.text()}`);
    }
    return call.schema.parse(await response.json());
  }

  /** A webhook with one entrypoint and the wished targets. */
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

  /** All of them, newest first. */
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

  /** A replay that finds nothing to do; returns its id. */
  async createReplay(webhookId: string): Promise<string> {
    const body = { filter: { status: "held" } };
    const path = `/webhooks/${webhookId}/replays`;
    return (await this.#ask({ method: "POST", path, body, schema: replayRunSchema })).id;
  }

  /** Asks again and again, as its sender is answered before it is stored; returns its id. */
  async waitForRejected(webhookId: string): Promise<string> {
    for (;;) {
      const path = `/webhooks/${webhookId}/rejected`;
      const { data } = await this.#ask({ method: "GET", path, schema: rejectedPage });
      if (data[0] !== undefined) return data[0].id;
    }
  }

  getEvent(webhookId: string, eventId: string): Promise<StoredEvent> {
    return this.#ask({
      method: "GET",
      path: `/webhooks/${webhookId}/events/${eventId}`,
      schema: eventSchema,
    });
  }

  /** Asks again and again until nothing of the webhook is pending, and resolves with its events. */
  async waitUntilSettled(webhookId: string): Promise<EventSummary[]> {
    for (;;) {
      const events = await this.listEvents(webhookId);
      if (events.every((event) => event.delivery_counts.pending === 0)) return events;
    }
  }

  async isHealthy(): Promise<boolean> {
    const response = await fetch(`${this.#origin()}/.well-known/healthcheck`);
    await response.text();
    return response.status === 200;
  }
}

/** The code of an answer that has the API's error shape; throws on any other. */
export function errorCodeOf(body: unknown): string {
  return errorSchema.parse(body).error.code;
}
