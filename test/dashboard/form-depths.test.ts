import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { DESKTOP } from "../support/browser.ts";
import { type SourcePages, startSourcePages } from "../support/webhook-pages.ts";
import { OVER_HTTP, windowsOf } from "../support/windows.ts";

let all: SourcePages;
const { open } = windowsOf(() => all.pages);

beforeAll(async () => {
  all = await startSourcePages({ environment: OVER_HTTP });
});
afterAll(() => all.stop());

/** Returns the summaries of a form's folded sections, by their titles. */
async function notesAt(path: string): Promise<Record<string, string>> {
  const { html } = await all.pages.get(path);
  const found = html.matchAll(/<summary><span>([^<]+)<\/span><span class="section-note">([^<]+)<\/span>/g);
  return Object.fromEntries([...found].map(([, title, note]) => [title, note]));
}

async function notesOf(input: Record<string, unknown>): Promise<Record<string, string>> {
  const config = { url: "https://crm.example/in" };
  const target = await all.useCases.targets.create({
    ...all.of,
    input: { name: "CRM", type: "http", config, ...input },
  });
  return notesAt(`${all.paths.webhook}/targets/${target.id}/edit`);
}

describe("the folded sections of a target's form", () => {
  test("say what a new target gets", async () => {
    expect(await notesAt(`${all.paths.webhook}/targets/new?type=http`)).toEqual({
      Filter: "all events",
      Transformation: "none",
      "Retries and timeout": "12 attempts over 3 days",
      Flow: "no rate limit",
      Signing: "HMAC-SHA256 (v1)",
      Request: "default",
      "Received headers": "default",
      TLS: "default",
    });
  });

  test("say what is set", async () => {
    const notes = await notesOf({
      event_types: ["order.*", "a", "b", "c"],
      filter: { body: { amount: 1 } },
      transformation: { code: "function transform(payload) { return payload; }" },
      rate_limit: 5,
      rate_period: "minute",
      order_by: "data.id",
      circuit_failures: null,
      signing: { scheme: "none" },
      config: { url: "https://crm.example/in", follow_redirects: true, connect_timeout_ms: 500 },
    });
    expect(notes).toMatchObject({
      Filter: "order.*, a, b, 1 more, a filter",
      Transformation: "version 1",
      Flow: "5 per minute, in order by data.id, no circuit breaker",
      Signing: "None",
      Request: "Connect timeout (ms): 500, Follow redirects",
    });
  });

  test.each<[string, Record<string, unknown>]>([
    ["1 attempt, no retry", { max_attempts: 1 }],
    ["attempts without limit", { max_attempts: null }],
    ["attempts without limit, for at most 2 days", { max_attempts: null, max_age_hours: 48 }],
    ["3 attempts over 40 seconds", { retry_strategy: "list", retry_delays_seconds: [10, 30] }],
    [
      "1,000,000 attempts over 11,574 days",
      { max_attempts: 1_000_000, retry_strategy: "linear", retry_delay_seconds: 1_000 },
    ],
    ["5 attempts over 2 minutes", { max_attempts: 5, retry_strategy: "linear", retry_delay_seconds: 30 }],
  ])("say how long deliveries are retried: %s", async (note, policy) => {
    expect((await notesOf(policy))["Retries and timeout"]).toBe(note);
  });
});

test("the folded sections of an entrypoint's form say what differs from the defaults", async () => {
  const edit = `${all.paths.entrypoint}/edit`;
  expect(new Set(Object.values(await notesAt(edit)))).toEqual(new Set(["default"]));
  const input = { methods: ["POST", "PUT"], response_status: 204, deduplicate_by: "body", rate_limit: 10 };
  await all.useCases.entrypoints.update({ ...all.of, entrypointId: all.entrypoint.id, input });
  expect(await notesAt(edit)).toMatchObject({
    "Accepted requests": "Methods",
    Response: "Status: 204",
    Duplicates: "Duplicate key: the whole body",
    "Rate limit": "Requests: 10",
  });
});

async function visibleIn(page: Page): Promise<readonly string[]> {
  const names = ["retry_delay_seconds", "retry_factor", "retry_step_seconds", "retry_delays_seconds"];
  const shown: string[] = [];
  for (const name of names) if (await page.locator(`[name="${name}"]`).isVisible()) shown.push(name);
  return shown;
}

test("a form shows the fields of the chosen retry schedule only, with scripts and without", async () => {
  for (const javaScriptEnabled of [true, false]) {
    const form = `${all.paths.webhook}/targets/new?type=http`;
    const { page } = await open(form, { ...DESKTOP, javaScriptEnabled });
    await page.click('summary:has-text("Retries")');
    expect(await visibleIn(page)).toEqual(["retry_delay_seconds", "retry_factor"]);
    await page.selectOption('[name="retry_strategy"]', "list");
    expect(await visibleIn(page)).toEqual(["retry_delays_seconds"]);
    await page.selectOption('[name="retry_strategy"]', "linear");
    expect(await visibleIn(page)).toEqual(["retry_delay_seconds", "retry_step_seconds"]);
    // A fault of a field that is not shown brings it back.
    await page.fill('[name="name"]', "CRM");
    await page.fill('[name="url"]', "https://crm.example/in");
    await page.selectOption('[name="retry_strategy"]', "list");
    await page.fill('[name="retry_delays_seconds"]', "0");
    await page.selectOption('[name="retry_strategy"]', "linear");
    await page.click('button:has-text("Add target")');
    await page.waitForSelector(".field-error");
    expect(await visibleIn(page)).toContain("retry_delays_seconds");
    await page.context().close();
  }
});
