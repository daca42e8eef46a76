import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { TargetFilter } from "../../../src/filters/target-filter.ts";
import type { FilterMark } from "../../../src/storage/event-db/types.ts";
import { startTestEvents, type TestEvents } from "../../support/test-events.ts";

let site: TestEvents;
let targetId: string;

const filter = { body: { amount: { $gte: 100 } } };

beforeAll(async () => {
  site = await startTestEvents();
  const made = await site.useCases.targets.create({
    ...site.of,
    input: { name: "Billing <b>", type: "log", filter },
  });
  targetId = made.id;
});

afterAll(() => site.stop());

function markOf(judgedBy: unknown): FilterMark {
  return { targetId, fingerprint: new TargetFilter({ eventTypes: [], filter: judgedBy }).fingerprint };
}

async function textOf(eventId: string): Promise<string> {
  const response = await site.ask(`${site.path}/events/${eventId}`);
  expect(response.status).toBe(200);
  return response.text();
}

describe("the page of an event", () => {
  test("says which target did not want it and why, and offers to send it anyway", async () => {
    const { id } = await site.addEvent({ body: '{"amount":12}', targets: [], filtered: [markOf(filter)] });
    const html = await textOf(id);
    expect(html).toContain("Filtered by Billing &lt;b&gt;: body.amount is 12, not ≥ 100");
    expect(html).toContain("Send anyway");
    expect(html).not.toContain("No target was active");
    const form = { target_id: targetId };
    expect((await site.ask(`${site.path}/events/${id}/replay`, { form })).status).toBe(303);
    const [delivery] = await site.store.listDeliveries(site.webhook.id, id);
    expect(delivery).toMatchObject({ targetId, status: "pending" });
    expect(await textOf(id)).not.toContain("Send anyway");
  });

  test("says that the filter has changed since, and what the present one makes of it", async () => {
    const before = { body: { amount: { $gte: 50 } } };
    const { id } = await site.addEvent({ body: '{"amount":12}', targets: [], filtered: [markOf(before)] });
    expect(await textOf(id)).toContain(
      "The filter has changed since. By the present one: body.amount is 12, not ≥ 100",
    );
    const large = await site.addEvent({ body: '{"amount":120}', targets: [], filtered: [markOf(before)] });
    expect(await textOf(large.id)).toContain(
      "The filter has changed since. The present one lets it through.",
    );
  });

  test("says of what could not be judged that it was delivered, and why", async () => {
    const { id } = await site.addEvent({ body: "no JSON", unjudged: [markOf(filter)] });
    expect(await textOf(id)).toContain("could not judge it: The body is not valid JSON.");
  });
});

describe("the log", () => {
  test("shows and finds events that a target did not want", async () => {
    const { id } = await site.addEvent({ targets: [], filtered: [markOf(filter)], pathTail: "/unwanted" });
    const other = await site.addEvent({ pathTail: "/wanted" });
    const response = await site.ask(`${site.path}/logs?status=filtered&target=${targetId}`);
    const html = await response.text();
    expect(html).toContain(`data-event="${id}"`);
    expect(html).not.toContain(`data-event="${other.id}"`);
    expect(html).toContain(">filtered</span>");
  });
});
