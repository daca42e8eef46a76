/** `webhooker events`: of which webhooks it lists events, and that it passes over none that come while it follows. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { z } from "zod";
import type { Row } from "../../src/cli/client/event-lines.ts";
import { followEvents } from "../../src/cli/client/follow-events.ts";
import type { GatewayClient } from "../../src/cli/client/gateway-client.ts";
import { listDownToKnown, listEvents } from "../../src/cli/client/list-events.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { runCommand } from "../support/run-command.ts";
import { ADA_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";

describe("with many webhooks", () => {
  let api: TestApi;
  let newest: { userId: string; webhookId: string };
  beforeEach(async () => {
    api = await startTestApi();
    const { userId } = api.of;
    newest = api.of;
    for (let n = 1; n <= 51; n++) {
      const { id } = await api.useCases.webhooks.create({ userId, input: { name: `Shop ${n}` } });
      newest = { userId, webhookId: id };
    }
    await api.useCases.targets.create({ ...newest, input: { name: "Archive", type: "database" } });
  });
  afterEach(() => api.stop());

  const events = async (...words: string[]) => {
    const environment = { HOME: "/nowhere", WEBHOOKER_URL: api.server.url, WEBHOOKER_API_KEY: ADA_TOKEN };
    const { out, err } = await runCommand(["events", ...words], { environment });
    return { ids: out.map((line): unknown => JSON.parse(line).id), err };
  };

  test("it lists the events of all, also to a target that only one of them has", async () => {
    const entrypoint = await api.useCases.entrypoints.create({ ...newest, input: { name: "Web" } });
    const sent = await fetch(`${api.server.url}/webhook/${entrypoint.id}`, { method: "POST", body: "a" });
    const { id } = z.object({ id: z.string() }).parse(await sent.json());
    expect((await events()).ids).toContain(id);
    expect(await events("--target", "Archive")).toEqual({ ids: [id], err: [] });
    expect(await events("--text", "nowhere")).toEqual({ ids: [], err: [] });
  });
});

const WEBHOOK = { id: "w", name: "Orders" };
const COUNTS = { pending: 0, retrying: 0, delivered: 0, failed: 0, held: 0, discarded: 0 };
const eventOf = (n: number) => ({
  id: `event-${String(n).padStart(5, "0")}`,
  received_at: "2026-11-24T08:00:00.000Z",
  method: "POST",
  path_tail: "",
  query: "",
  content_type: "",
  body_size: 0,
  remote_address: "",
  type: null,
  delivery_counts: COUNTS,
});

/** A gateway with these events, that looks at no more than `perPage` of them for a page. */
function gatewayWith(
  stored: number[],
  { perPage = 1_000_000, matches = (n: number): boolean => n >= 0 } = {},
) {
  const client: GatewayClient = {
    url: "http://gateway",
    read: () => Promise.reject(new Error("Nothing is read.")),
    async ask({ query = {}, schema }) {
      const before = Number(query.cursor ?? Number.POSITIVE_INFINITY);
      const left = [...stored].sort((a, b) => b - a).filter((n) => n < before);
      const seen: number[] = [];
      const found: number[] = [];
      for (const n of left) {
        if (found.length === Number(query.limit) || seen.length === perPage) break;
        seen.push(n);
        if (matches(n)) found.push(n);
      }
      const next_cursor = seen.length < left.length ? String(seen.at(-1)) : null;
      return schema.parse({
        data: found.map(eventOf),
        next_cursor,
        not_searched: seen.length - found.length,
      });
    },
  };
  return client;
}

test("a search that is limited in time goes on until it has found what there is", async () => {
  const client = gatewayWith([1, 2, 3, 4, 5, 6, 7], { perPage: 2, matches: (n) => n === 1 });
  const { rows, hasMore, notSearched } = await listEvents(client, { webhook: WEBHOOK, query: {}, limit: 5 });
  expect([rows.map(({ id }) => id), hasMore, notSearched]).toEqual([[eventOf(1).id], false, 6]);
});

test("following lists each event once: of a burst, and with a lower id than one listed before", async () => {
  const stored = Array.from({ length: 300 }, (_, n) => n);
  const burst = Array.from({ length: 700 }, (_, n) => 1_000 + 2 * n);
  const client = gatewayWith(stored);
  const first = await listEvents(client, { webhook: WEBHOOK, query: {}, limit: 50 });
  const steps = [() => undefined, () => stored.push(...burst), () => stored.push(2_391), () => undefined];
  const printed: (readonly Row[])[] = [];
  const following = followEvents({
    followed: [{ webhook: WEBHOOK, first }],
    atOnce: 1,
    list: (webhook, isKnown) => listDownToKnown(client, { webhook, query: {}, isKnown }),
    print: (rows) => printed.push(rows),
    tell: () => undefined,
    clock: {
      ...createFakeClock(),
      after(_ms, fn) {
        const step = steps.shift();
        if (!step) throw new Error("No more steps.");
        step();
        fn();
        return () => undefined;
      },
    },
  });
  await expect(following).rejects.toThrow("No more steps.");
  const ids = [burst, [2_391]].map((numbers) => numbers.map((n) => eventOf(n).id));
  expect(printed.map((rows) => rows.map(({ id }) => id))).toEqual(ids);
});
