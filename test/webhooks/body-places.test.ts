import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { readSettings } from "../../src/settings/entrypoint-settings.ts";
import type { EventDraft } from "../../src/storage/event-db/types.ts";
import { createPlaceTrials } from "../../src/webhooks/place-trials.ts";
import { listUnreadValues, type UnreadValue } from "../../src/webhooks/unread-values.ts";
import { TEST_SENDER } from "../../src/webhooks/verification-trial.ts";
import { startTestEvents, type TestEvents } from "../support/test-events.ts";

let app: TestEvents;

beforeEach(async () => {
  app = await startTestEvents();
});
afterEach(() => app.stop());

type Sent = Parameters<TestEvents["addEvent"]>[0];

const head = (contentType: string, ...more: [string, string][]): Partial<EventDraft> => ({
  contentType,
  headers: [["content-type", contentType], ...more],
});

async function ownTarget(order_by: string) {
  return app.useCases.targets.create({ ...app.of, input: { name: order_by, type: "log", order_by } });
}

describe("why an event has no type, key or lane", () => {
  async function unreadOf(sent: Sent, change: Record<string, unknown> = {}) {
    const { id } = await app.addEvent(sent);
    const event = await app.store.findEvent(app.webhook.id, id);
    if (event === null) throw new Error("the event is not there");
    const settings = readSettings({
      event_type_from: "$.type",
      deduplicate_by: "value",
      deduplicate_value: "$.id",
      ...change,
    });
    const target = await ownTarget("customer.id");
    return listUnreadValues({
      event,
      entrypoint: { settings, verification: null },
      targets: [target, target],
    });
  }

  const all = (reason: string): UnreadValue[] => [
    { setting: "event_type_from", place: "$.type", reason },
    { setting: "deduplicate_value", place: "$.id", reason },
    { setting: "order_by", place: "customer.id", reason },
  ];

  test("is reported for unreadable bodies, for each setting that reads them", async () => {
    const latin1 = Buffer.from('{"name":"é"}', "latin1");
    expect(await unreadOf({ body: latin1 })).toEqual(all("The body is not valid UTF-8."));
    expect(await unreadOf({ body: "plain text" })).toEqual(all("The body is not valid JSON."));
    expect(await unreadOf({ body: "x".repeat(1024 * 1024 + 1) })).toEqual(
      all("The body is larger than 1 MiB."),
    );
    const packed = head("application/json", ["content-encoding", "gzip"]);
    expect(await unreadOf({ body: gzipSync(Buffer.alloc(2_000_000, " ")), ...packed })).toEqual(
      all("The body decompresses to more than 1 MiB."),
    );
  });

  test("is reported for values that cannot be types or ids, and not for absent ones", async () => {
    expect(await unreadOf({ body: '{"type":{},"id":[]}' })).toEqual([
      {
        setting: "event_type_from",
        place: "$.type",
        reason: "The value at “type” is neither text nor a number.",
      },
      {
        setting: "deduplicate_value",
        place: "$.id",
        reason: "The value at “id” is neither text nor a number.",
      },
    ]);
    expect(await unreadOf({ body: `{"id":"${"x".repeat(251)}"}` })).toEqual([
      {
        setting: "deduplicate_value",
        place: "$.id",
        reason: "The value at “id” is longer than 250 characters.",
      },
    ]);
    expect(await unreadOf({ body: "{}" })).toEqual([]);
    expect(await unreadOf({ body: "" })).toEqual([]);
  });

  test("is reported only for settings that read bodies", async () => {
    const by = { event_type_from: "X-Type", deduplicate_by: "body" };
    expect((await unreadOf({ body: "plain text" }, by)).map(({ setting }) => setting)).toEqual(["order_by"]);
  });

  test("is reported if the verification's provider defines the type and found none", async () => {
    const of = async (sent: Sent) => {
      const { id } = await app.addEvent(sent);
      const event = await app.store.findEvent(app.webhook.id, id);
      const verification = { type: "stripe", config: {}, fault: null };
      const entrypoint = { settings: readSettings({}), verification };
      return event && listUnreadValues({ event, entrypoint, targets: [] });
    };
    const body = Buffer.from('{"type":"é"}', "latin1");
    const reason = "The body is not valid UTF-8.";
    expect(await of({ body })).toEqual([{ setting: "verification", place: null, reason }]);
    expect(await of({ body, type: "paid" })).toEqual([]);
    expect(await of({ body: "{}" })).toEqual([]);
  });
});

describe("settings that find nothing in recent events", () => {
  async function emptyPlaces(input: Record<string, unknown>) {
    const of = { ...app.of, entrypointId: app.entrypoint.id };
    const entrypoint = await app.useCases.entrypoints.update({ ...of, input });
    return createPlaceTrials({ events: app.store }).ofEntrypoint(entrypoint, app.clock.now());
  }

  const byValue = { deduplicate_by: "value", deduplicate_value: "$.id", event_type_from: "$.type" };

  test("are those whose path is empty in each of the last events", async () => {
    await app.addEvent({ body: '{"type":"a"}' });
    await app.addEvent({ body: "type=a&ID=1", ...head("application/x-www-form-urlencoded") });
    expect(await emptyPlaces(byValue)).toEqual([{ setting: "deduplicate_value", place: "$.id", tried: 2 }]);
    await app.addEvent({ body: gzipSync('{"id":1}'), ...head("", ["content-encoding", "gzip"]) });
    expect(await emptyPlaces(byValue)).toEqual([]);
  });

  test("are not reported while there are only test events, and concern bodies only", async () => {
    expect(await emptyPlaces(byValue)).toEqual([]);
    await app.addEvent({ body: "{}", ...head("application/json", ["user-agent", TEST_SENDER]) });
    expect(await emptyPlaces(byValue)).toEqual([]);
    await app.addEvent({ body: "{}" });
    expect((await emptyPlaces(byValue)).map(({ tried }) => tried)).toEqual([1, 1]);
    expect(await emptyPlaces({ deduplicate_by: "body", event_type_from: "X-Type" })).toEqual([]);
  });

  test("are checked on the last ten events of the entrypoint", async () => {
    const idBody = '{"id":1}';
    await app.addEvent({ body: idBody });
    await app.addEvent({ body: idBody, entrypointId: "another" });
    for (let n = 0; n < 10; n++) await app.addEvent({ body: "{}" });
    expect((await emptyPlaces({ ...byValue, event_type_from: null })).map(({ tried }) => tried)).toEqual([
      10,
    ]);
  });

  test("are found at targets that keep order", async () => {
    const [good, bad, whole] = [await ownTarget("customer"), await ownTarget("client"), await ownTarget("*")];
    await app.addEvent({ body: '{"customer":7}' });
    const found = await createPlaceTrials({ events: app.store }).ofTargets(app.webhook.id, [
      good,
      bad,
      whole,
    ]);
    expect([...found]).toEqual([[bad.id, { setting: "order_by", place: "client", tried: 1 }]]);
  });
});
