/** A gateway for tests of the pages of events: a user's webhook, and a second user who owns none of it. */

import type { ThrottleView } from "../../src/delivery/throttle/throttle-control.ts";
import { newId } from "../../src/lib/ids.ts";
import type { FoundEvents } from "../../src/storage/event-db/event-search.ts";
import type { EventDraft, Settlement } from "../../src/storage/event-db/types.ts";
import { startTestApp } from "./test-app.ts";

export type TestEvents = Awaited<ReturnType<typeof startTestEvents>>;

export async function startTestEvents(environment: Readonly<Record<string, string>> = {}) {
  let early: Partial<FoundEvents> = {};
  let throttled: Partial<ThrottleView> = {};
  const gateway = await startTestApp(environment, {
    dashboard: (own) => ({
      ...own,
      events: {
        ...own.events,
        async searchEvents(webhookId, search) {
          const found = await own.events.searchEvents(webhookId, search);
          return { ...found, ...early };
        },
      },
      throttle: {
        ...own.throttle,
        async read(targets) {
          const views = await own.throttle.read(targets);
          return new Map([...views].map(([id, view]) => [id, { ...view, ...throttled }]));
        },
      },
    }),
  });
  const { parts, clock, lines, config, server } = gateway;
  const { mainDb, useCases, delivery } = parts;
  const { files, events: store } = parts.storage;
  const [ada, bob] = [await gateway.addUser("ada"), await gateway.addUser("bob")];

  const webhook = await useCases.webhooks.create({ userId: ada, input: { name: "Shop" } });
  const of = { userId: ada, webhookId: webhook.id };
  const entrypoint = await useCases.entrypoints.create({ ...of, input: { name: "Orders" } });
  const target = await useCases.targets.create({ ...of, input: { name: "Warehouse", type: "log" } });

  return {
    useCases,
    mainDb,
    clock,
    lines,
    store,
    replayRuns: delivery.replayRuns,
    notices: delivery.notices,
    targetTrials: parts.targetTrials,
    files,
    webhook,
    entrypoint,
    target,
    of,
    ada,
    bob,
    eventFiles: config.dataDir,
    url: server.url,
    path: `/source/${webhook.id}`,
    /** State of a real browser in which Ada is signed in. */
    browserState: () => gateway.browserState(ada),
    /** Sends a request as Ada, unless `as` names another user. */
    async ask(
      path: string,
      options: { as?: string; form?: Record<string, string>; headers?: Record<string, string> } = {},
    ) {
      const { as = ada, form } = options;
      const headers = new Headers({ accept: "text/html", ...options.headers });
      headers.set("cookie", [await gateway.cookieOf(as), headers.get("cookie") ?? []].flat().join("; "));
      if (form) headers.set("sec-fetch-site", "same-origin");
      return fetch(server.url + path, {
        redirect: "manual",
        headers,
        ...(form && { method: "POST", body: new URLSearchParams(form) }),
      });
    },
    /** Stores an event that is due for the target. */
    async addEvent(values: Partial<Omit<EventDraft, "body">> & { body?: string | Uint8Array } = {}) {
      const { body = '{"n":1}', ...rest } = values;
      const draft: EventDraft = {
        // The id carries the time of receipt.
        id: Bun.randomUUIDv7("hex", values.receivedAt ?? clock.now()),
        webhookId: webhook.id,
        entrypointId: entrypoint.id,
        receivedAt: clock.now(),
        method: "POST",
        pathTail: "/orders",
        query: "a=1",
        remoteAddress: "192.0.2.1",
        type: null,
        headers: [
          ["content-type", "application/json"],
          ["x-sender", "shop"],
        ],
        contentType: "application/json",
        targets: [{ id: target.id, settlesAtIngest: false }],
        ...rest,
        body: typeof body === "string" ? new TextEncoder().encode(body) : body,
      };
      await store.append(draft);
      return draft;
    },
    /** Stores an attempt; by default one that the target refused, with a retry in a minute. */
    async addAttempt(
      eventId: string,
      values: Partial<Omit<Settlement, "result">> & { result?: Partial<Settlement["result"]> } = {},
    ) {
      const { result, ...rest } = values;
      await store.settle(webhook.id, {
        eventId,
        targetId: target.id,
        replays: 0,
        status: "pending",
        reason: null,
        nextAttemptAt: clock.now() + 60_000,
        ...rest,
        result: {
          id: newId(),
          attempt: 1,
          startedAt: clock.now(),
          durationMs: 12,
          statusCode: 500,
          error: "The target answered 500.",
          responseHeaders: [["content-type", "text/plain"]],
          responseBody: new TextEncoder().encode("no"),
          responseBodyTruncated: false,
          transformationVersion: null,
          transformationFailed: false,
          ...result,
        },
      });
    },
    /** Has every search from now on stop early at this event. */
    stopSearchesAt(event: EventDraft) {
      early = { stoppedEarly: true, nextCursor: event.id, searchedBackTo: event.receivedAt };
    },
    /** Has the pages see the targets' throttles so. */
    throttleAs(view: Partial<ThrottleView>) {
      throttled = view;
    },
    stop: gateway.stop,
  };
}
