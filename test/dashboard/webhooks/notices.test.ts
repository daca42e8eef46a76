/** The page of a webhook's notice settings. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { PROBLEM_KINDS } from "../../../src/settings/notice-settings.ts";
import { type SourcePages, startSourcePages } from "../../support/webhook-pages.ts";

let world: SourcePages;
let path: string;

beforeEach(async () => {
  world = await startSourcePages();
  path = `${world.paths.webhook}/notices`;
});
afterEach(() => world.stop());

const ON = { "on.target_failing": "true", "on.entrypoint_silent": "true" };

async function stored() {
  return (await world.useCases.webhooks.get(world.of)).settings.notices;
}

describe("the recipient of notices", () => {
  test("is nobody at first, and every kind is selected", async () => {
    const { status, html } = await world.pages.get(path);
    expect(status).toBe(200);
    expect(html).toContain("SMTP_URL");
    expect(html.match(/type="checkbox"[^>]* checked/g)).toHaveLength(PROBLEM_KINDS.length);
    expect(html).not.toContain("Send test notice");
  });

  test("is a chosen target, of this webhook or another of the user's", async () => {
    const other = await world.useCases.webhooks.create({ userId: world.ada, input: { name: "Other" } });
    const chat = await world.useCases.targets.create({
      userId: world.ada,
      webhookId: other.id,
      input: { name: "Chat", type: "log" },
    });
    await world.useCases.targets.create({ ...world.of, input: { name: "Kept here", type: "database" } });
    const { html } = await world.pages.get(path);
    expect(html).toContain(">Warehouse</option>");
    expect(html).toContain(">Chat (Other)</option>");
    expect(html).not.toContain("Kept here");
    const saved = await world.pages.post(path, { target_id: chat.id, email: "", ...ON });
    expect([saved.status, saved.location]).toEqual([303, path]);
    expect(await stored()).toEqual({
      target_id: chat.id,
      email: null,
      on: ["target_failing", "entrypoint_silent"],
    });
    const again = (await world.pages.get(path)).html;
    expect(again).toContain(`value="${chat.id}" selected`);
    expect(again.match(/type="checkbox"[^>]* checked/g)).toHaveLength(2);
    expect(again).toContain("Send test notice");
  });

  test("is nobody once both fields are emptied", async () => {
    await world.pages.post(path, { target_id: world.target.id, email: "", ...ON });
    expect(await stored()).not.toBeNull();
    await world.pages.post(path, { target_id: "", email: " ", ...ON });
    expect(await stored()).toBeNull();
  });

  test("is refused with the error beside the field", async () => {
    const mail = await world.pages.post(path, { target_id: "", email: "a@example.com", ...ON });
    expect(mail.status).toBe(422);
    expect(mail.html).toContain("Cannot be used, because SMTP_URL is not set on this server.");
    expect(mail.html).toContain('value="a@example.com"');
    const never = await world.pages.post(path, { target_id: world.target.id, email: "" });
    expect([never.status, never.html.includes("Choose at least one.")]).toEqual([422, true]);
    expect(await stored()).toBeNull();
  });

  test("cannot be seen or changed by other users", async () => {
    expect((await world.pages.get(path, { as: world.bob })).status).toBe(404);
    const form = { target_id: world.target.id, email: "", ...ON };
    expect((await world.pages.post(path, form, { as: world.bob })).status).toBe(404);
    expect((await world.pages.post(`${path}/test`, {}, { as: world.bob })).status).toBe(404);
    expect(await stored()).toBeNull();
  });
});

test("a test notice reports its result", async () => {
  const { location, flash } = await world.pages.post(`${path}/test`, {});
  expect([location, flash]).toEqual([path, "ok: The test notice was sent."]);
});
