import { afterAll, beforeAll, expect, test } from "bun:test";
import { type SourcePages, startSourcePages } from "../../support/webhook-pages.ts";

let all: SourcePages;
let path: string;

beforeAll(async () => {
  all = await startSourcePages();
  const { id } = await all.useCases.targets.create({ ...all.of, input: { name: "Billing", type: "log" } });
  path = `${all.paths.webhook}/targets/${id}/edit`;
});

afterAll(() => all.stop());

async function send(body: string): Promise<void> {
  const init = { method: "POST", body, headers: { "content-type": "application/json" } };
  expect((await fetch(`${all.pages.url}/webhook/${all.entrypoint.id}`, init)).status).toBe(200);
}

const tryFilter = (filter: string) =>
  all.pages.post(path, { name: "Billing", event_types: "", filter, try: "filter" });

test("a filter is tried on the stored events before it is saved", async () => {
  expect((await tryFilter('{"method":"PUT"}')).html).toContain("There is no stored event to try it on.");
  await send('{"amount":5}');
  await send('{"amount":500}');
  await send("<b>no JSON");
  const { status, html } = await tryFilter('{"body":{"amount":{"$gte":100}}}');
  expect(status).toBe(200);
  expect(html).toContain(
    "Last 3 events: 2 would be delivered, of which 1 because they cannot be judged, 1 would be filtered.",
  );
  expect(html).toContain("The saved settings decide otherwise about 1:");
  expect(html).toContain("would be filtered: body.amount is 5, not ≥ 100");
  // The form keeps what was typed; nothing is saved.
  expect(html).toContain("{&quot;body&quot;:{&quot;amount&quot;:{&quot;$gte&quot;:100}}}");
  const targets = await all.useCases.targets.list(all.of);
  expect(targets.map(({ policy }) => policy.filter)).toEqual(targets.map(() => null));
});

test("a filter that changes nothing says so, with the reasons of what is kept back", async () => {
  const { html } = await tryFilter("");
  expect(html).toContain("The saved settings do the same.");
});

test("a faulty filter comes back with its fault, and is not tried", async () => {
  const { status, html } = await tryFilter('{"body":{"$x":1}}');
  expect(status).toBe(422);
  expect(html).toContain("Is not an operator");
  expect(html).not.toContain("Last 3 events");
});
