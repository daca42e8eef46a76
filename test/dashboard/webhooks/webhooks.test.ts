import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { hoursBefore, NO_DELIVERIES } from "../../support/fake-overviews.ts";
import { appErrorOf } from "../../support/thrown.ts";
import { type SourcePages, startSourcePages } from "../../support/webhook-pages.ts";

let all: SourcePages;

beforeAll(async () => {
  all = await startSourcePages();
});

afterAll(() => all.stop());

async function makeWebhook(name: string) {
  const webhook = await all.useCases.webhooks.create({ userId: all.ada, input: { name } });
  return { webhook, path: `/source/${webhook.id}` };
}

/** Returns the text after each `from` in turn, up to `to`. */
function between(html: string, from: string, to: string): string {
  const start = html.indexOf(from);
  if (start === -1) throw new Error(`the page has no ${from}`);
  return html.slice(start, html.indexOf(to, start));
}

describe("the list of webhooks", () => {
  test("shows the three first steps without a webhook, with a curl command that sends an event", async () => {
    const { status, html } = await all.pages.get("/sources", { as: all.bob });
    expect(status).toBe(200);
    for (const text of ["Create a webhook", "Copy its URL", "Add a target", 'href="/sources/new"']) {
      expect(html).toContain(text);
    }
    expect(html).toContain("https://hooks.example/webhook/");
    expect(html).toContain("curl -d");
  });

  test("shows each with its day, its last event, its pending and failed deliveries and its health", async () => {
    const { webhook } = await makeWebhook("Busy");
    const now = all.clock.now();
    all.files.set(webhook.id, {
      overview: {
        hours: hoursBefore(now, [
          [1200, 0],
          [34, 7],
        ]),
        lastEventAt: now - 60_000,
        counts: { ...NO_DELIVERIES, pending: 4, held: 1, failed: 3 },
      },
    });
    const { html } = await all.pages.get("/sources");
    const row = between(html, `href="/source/${webhook.id}"`, "</li>");
    expect(row).toContain("some failed");
    expect(row).toContain('aria-label="Last 24 hours: 1,234 events received, 7 failed attempts."');
    expect(row).toContain(new Date(now - 60_000).toISOString());
    expect(row).toMatch(/Pending<\/dt><dd><span[^>]*>5</);
    expect(row).toMatch(/Failed<\/dt><dd><span[^>]*>3</);
  });

  test("shows others while one's event file cannot be used, and what to do about that one", async () => {
    const { webhook } = await makeWebhook("Damaged");
    all.files.set(webhook.id, { isUnusable: true });
    const { status, html } = await all.pages.get("/sources");
    expect(status).toBe(200);
    const row = between(html, `href="/source/${webhook.id}"`, "</li>");
    expect(row).toContain("event file unusable");
    expect(row).toContain("SQLITE_NOTADB");
    expect(row).toContain("Restore the file from a backup");
    expect(html).toContain(">Shop<");
  });

  test("contains nobody else's webhooks", async () => {
    const { html } = await all.pages.get("/sources", { as: all.bob });
    expect(html).not.toContain("Shop");
  });

  test("is split into pages that can be searched by name, and each stays under 150 KB", async () => {
    const many = await startSourcePages();
    for (let index = 1; index <= 60; index++) {
      const name = `Hook number ${String(index).padStart(3, "0")} ${"x".repeat(170)}`;
      await many.useCases.webhooks.create({ userId: many.bob, input: { name } });
    }
    const first = await many.pages.get("/sources", { as: many.bob });
    expect(first.html.match(/<li class="line"/g)).toHaveLength(50);
    expect(first.html.length).toBeLessThan(150_000);
    expect(first.html).toContain("Page 1 of 2");
    const second = await many.pages.get("/sources?page=2", { as: many.bob });
    expect(second.html.match(/<li class="line"/g)).toHaveLength(10);
    const beyond = await many.pages.get("/sources?page=99999999999999999999", { as: many.bob });
    expect(beyond.html).toContain("Page 2 of 2");
    const found = await many.pages.get("/sources?q=NUMBER+007", { as: many.bob });
    expect(found.html.match(/<li class="line"/g)).toHaveLength(1);
    await many.stop();
  });
});

describe("a new webhook", () => {
  test("has an entrypoint, and its page shows what to do next", async () => {
    const made = await all.pages.post("/sources/new", { name: "Fresh", retention_days: "" });
    expect(made).toMatchObject({ status: 303, flash: "ok: Webhook “Fresh” is ready." });
    const webhookId = made.location?.replace("/source/", "") ?? "";
    const [entrypoint, ...others] = await all.useCases.entrypoints.list({ userId: all.ada, webhookId });
    expect(others).toEqual([]);
    const { html } = await all.pages.get(made.location ?? "");
    expect(html).toContain("Next steps");
    expect(html).toContain(`https://hooks.example/webhook/${entrypoint?.id}`);
    expect(html).toContain(`action="/source/${webhookId}/entrypoints/${entrypoint?.id}/test"`);
    expect(html).toContain(`href="/source/${webhookId}/targets/new?type=http"`);
  });

  test("that is invalid shows the error beside its field, and the typed values", async () => {
    const before = (await all.useCases.webhooks.list({ userId: all.ada })).length;
    const { status, html } = await all.pages.post("/sources/new", { name: " ", retention_days: "-3" });
    expect(status).toBe(422);
    expect(between(html, 'name="name"', "</div>")).toContain("Fill this in.");
    const days = between(html, 'name="retention_days"', "</div>");
    expect(days).toContain('value="-3"');
    expect(days).toContain("Must be at least 1.");
    expect(days).toContain('aria-invalid="true"');
    expect(await all.useCases.webhooks.list({ userId: all.ada })).toHaveLength(before);
  });
});

describe("a webhook's activity", () => {
  const activity = Array.from({ length: 168 }, () => ({ received: 2, delivered: 1, failed: 1 }));

  test("is shown for a day, a week, a month or a year, apart from what is stored", async () => {
    const { webhook, path } = await makeWebhook("Charted");
    all.files.set(webhook.id, {
      activity,
      overview: { lastEventAt: all.clock.now(), counts: { ...NO_DELIVERIES, delivered: 9 } },
    });
    for (const [range, title, sum] of [
      ["", "Last 24 hours", 48],
      ["?range=7d", "Last 7 days", 336],
      ["?range=30d", "Last 30 days", 60],
      ["?range=1y", "Last 12 months", 24],
      ["?range=<b>", "Last 24 hours", 48],
    ] as const) {
      const { html } = await all.pages.get(path + range);
      const card = between(html, 'id="activity"', "</section>");
      expect(card).toContain(title);
      expect(card).toContain(`Events received</dt><dd><span>${sum}<`);
      expect(between(html, "All stored events", "</section>")).toContain("Delivered</dt><dd><span>9<");
    }
  });

  test("has bars that lead to the log of their time, in the reader's time zone", async () => {
    const { webhook, path } = await makeWebhook("Zoned");
    all.files.set(webhook.id, { activity, overview: { lastEventAt: all.clock.now() } });
    const cookie = "webhooker_zone=Asia%2FKolkata";
    const { html } = await all.pages.get(path, { headers: { cookie } });
    expect(html).toContain(">Asia/Kolkata<");
    const [, href = ""] = /class="chart-bar" href="([^"]+)"/.exec(html) ?? [];
    expect(href).toMatch(/logs\?from=[\dT-]+%3A30&amp;to=[\dT-]+%3A29&amp;zone=Asia%2FKolkata$/);
    expect((await all.pages.get(path, { headers: { cookie: "webhooker_zone=%E0%A4%A" } })).status).toBe(200);
  });
});

describe("a webhook's settings", () => {
  test("change its name and its days, and empty days mean the server's default again", async () => {
    const { webhook, path } = await makeWebhook("Old name");
    const saved = await all.pages.post(`${path}/edit`, { name: "New name", retention_days: "7" });
    expect(saved).toMatchObject({ status: 303, location: path, flash: "ok: Settings saved." });
    const of = { userId: all.ada, webhookId: webhook.id };
    expect(await all.useCases.webhooks.get(of)).toMatchObject({
      name: "New name",
      settings: { retention_days: 7 },
    });
    expect((await all.pages.get(`${path}/edit`)).html).toContain('value="7"');
    await all.pages.post(`${path}/edit`, { name: "New name", retention_days: "" });
    expect((await all.useCases.webhooks.get(of)).settings.retention_days).toBeNull();
  });

  test("change its storage limit, in units that people use, and remove it again", async () => {
    const { webhook, path } = await makeWebhook("Limited");
    const of = { userId: all.ada, webhookId: webhook.id };
    await all.pages.post(`${path}/edit`, { name: "Limited", retention_bytes: "1.5 GB" });
    expect((await all.useCases.webhooks.get(of)).settings.retention_bytes).toBe(1_610_612_736);
    expect((await all.pages.get(`${path}/edit`)).html).toContain('value="1536 MB"');
    await all.pages.post(`${path}/edit`, { name: "Limited", retention_bytes: " " });
    expect((await all.useCases.webhooks.get(of)).settings.retention_bytes).toBeNull();
    for (const [typed, fault] of Object.entries({
      much: "a size such as 500 MB",
      "3 KB": "at least 1048576",
    })) {
      const { status, html } = await all.pages.post(`${path}/edit`, { name: "x", retention_bytes: typed });
      expect(status).toBe(422);
      const field = between(html, 'name="retention_bytes"', "</div>");
      expect(field).toContain(`value="${typed}"`);
      expect(field).toContain(fault);
    }
  });

  test("that are invalid come back as they were typed", async () => {
    const { status, html } = await all.pages.post(`${all.paths.webhook}/edit`, {
      name: "x".repeat(201),
      retention_days: "soon",
    });
    expect(status).toBe(422);
    expect(html).toContain("x".repeat(201));
    expect(html).toContain('value="soon"');
    expect(html).toContain("Must have at most 200 characters.");
  });
});

describe("deleting a webhook", () => {
  test("shows a confirmation that lists what will be lost", async () => {
    const { webhook, path } = await makeWebhook("Doomed");
    const of = { userId: all.ada, webhookId: webhook.id };
    await all.useCases.entrypoints.create({ ...of, input: {} });
    await all.useCases.targets.create({ ...of, input: { name: "Log", type: "log" } });
    all.files.set(webhook.id, {
      eventCount: 84_212,
      overview: { fileBytes: 5 * 1024 * 1024, counts: { ...NO_DELIVERIES, pending: 50, held: 3 } },
    });
    const { status, html } = await all.pages.get(`${path}/delete`);
    expect(status).toBe(200);
    for (const text of ["84,212 events", "5 MB", "53 pending deliveries", "1 entrypoint", "1 target"]) {
      expect(html).toContain(text);
    }
  });

  test("is refused while the typed name is wrong", async () => {
    const { webhook, path } = await makeWebhook("Careful");
    for (const confirm_name of ["", "careful"]) {
      const { status, html } = await all.pages.post(`${path}/delete`, { confirm_name });
      expect(status).toBe(422);
      expect(html).toContain("This is not the webhook&#x27;s name.");
    }
    const of = { userId: all.ada, webhookId: webhook.id };
    expect(await all.useCases.webhooks.get(of)).toMatchObject({ name: "Careful" });
  });

  test("is done once the name is typed, or if a program posts without confirmation", async () => {
    for (const form of [{ confirm_name: "Gone" }, {}]) {
      const { webhook, path } = await makeWebhook("Gone");
      const answer = await all.pages.post(`${path}/delete`, form);
      expect(answer).toMatchObject({ status: 303, location: "/sources" });
      const of = { userId: all.ada, webhookId: webhook.id };
      expect((await appErrorOf(() => all.useCases.webhooks.get(of))).kind).toBe("not_found");
    }
  });

  test("works where the event file cannot be used", async () => {
    const { webhook, path } = await makeWebhook("Wreck");
    all.files.set(webhook.id, { isUnusable: true });
    expect((await all.pages.get(`${path}/delete`)).html).toContain("the number of its events is unknown");
    expect((await all.pages.post(`${path}/delete`, { confirm_name: "Wreck" })).status).toBe(303);
  });
});

describe("a webhook's page", () => {
  test("with an unusable event file says what to do, and lets everything be changed", async () => {
    const { webhook, path } = await makeWebhook("Broken");
    all.files.set(webhook.id, { isUnusable: true });
    const { status, html } = await all.pages.get(path);
    expect(status).toBe(200);
    expect(html).toContain("SQLITE_NOTADB");
    expect(html).toContain("Restore the file from a backup");
    expect(html).toContain(`action="${path}/entrypoints"`);
    const added = await all.pages.post(`${path}/targets`, { name: "Log", type: "log" });
    expect(added.status).toBe(303);
  });

  test("opens with the message about the last action", async () => {
    const headers = { cookie: await all.pages.flashCookie("Just <b>done</b>") };
    const { html } = await all.pages.get(all.paths.webhook, { headers });
    expect(html).toContain("Just &lt;b&gt;done&lt;/b&gt;");
  });
});

describe("the storage of a webhook", () => {
  const growth = {
    usedBytes: 5_065_536,
    fileBytes: 6_000_000,
    events: 50,
    deletedEvents: 1_204,
    bodyBytes: 4_500_000,
    recent: { ms: 5 * 86_400_000, events: 50, bodyBytes: 4_500_000 },
  };

  async function lead(input: Record<string, unknown>): Promise<string> {
    const { webhook, path } = await makeWebhook("Sized");
    const of = { userId: all.ada, webhookId: webhook.id };
    await all.useCases.webhooks.update({ ...of, input });
    all.files.set(webhook.id, { growth });
    const { html } = await all.pages.get(path);
    const card = between(html, 'id="storage"', "</section>");
    for (const text of ["4.8 MB", "5.7 MB", "960 KB a day", "1,204"]) expect(card).toContain(text);
    return between(card, '<p class="muted">', "</p>");
  }

  test("is shown with its growth and when a limit will be reached", async () => {
    expect(await lead({})).toContain("Events are kept for 30 days. At this rate they take about 28.1 MB.");
    expect(await lead({ retention_bytes: 8_065_536 })).toContain("the limit is reached in about 3 days;");
    expect(await lead({ retention_bytes: 90_000_000, retention_days: 3 })).toContain("kept for 3 days");
    expect(await lead({ retention_bytes: 5_065_536 })).toContain("The limit is reached:");
    expect(await lead({ retention_bytes: 2_000_000 })).toContain("Over the limit:");
  });

  test("predicts nothing without events", async () => {
    const { path } = await makeWebhook("Quiet");
    expect((await all.pages.get(path)).html).toContain("Events are kept for 30 days.</p>");
  });

  test("is omitted while the event file cannot be used", async () => {
    const { webhook, path } = await makeWebhook("Broken");
    all.files.set(webhook.id, { isUnusable: true });
    expect((await all.pages.get(path)).html).not.toContain('id="storage"');
  });
});
