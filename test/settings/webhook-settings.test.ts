import { describe, expect, test } from "bun:test";
import {
  readWebhookSettings,
  toStoredWebhookSettings,
  webhookSettingsFields,
  webhookSettingsSchema,
  webhookSettingsShape,
} from "../../src/settings/webhook-settings.ts";

const DEFAULTS = readWebhookSettings(null);

describe("stored settings of a webhook", () => {
  test("are completed by the defaults, and nothing is stored where all are defaults", () => {
    expect(DEFAULTS).toMatchObject({ retention_days: null, retention_bytes: null, notices: null });
    expect(readWebhookSettings({ retention_days: 7 })).toEqual({ ...DEFAULTS, retention_days: 7 });
    expect(toStoredWebhookSettings(readWebhookSettings({ retention_days: null }))).toBeNull();
    const changed = readWebhookSettings({ retention_bytes: 5_000_000 });
    expect(toStoredWebhookSettings(changed)).toEqual(changed);
  });

  test("of a newer version are left out, as are its notices, so that the webhook can still be used", () => {
    const notices = { email: "ops@example.com", on: ["moon_full"] };
    const stored = { retention_days: 7, moon_phase: "new", notices };
    expect(readWebhookSettings(stored)).toEqual({ ...DEFAULTS, retention_days: 7 });
  });

  test("are not replaced by a default that deletes events earlier", () => {
    expect(() => readWebhookSettings({ retention_days: "soon" })).toThrow();
    expect(() => readWebhookSettings({ retention_bytes: 1 })).toThrow();
  });
});

test("a setting that there is not is refused", () => {
  const { error } = webhookSettingsSchema.safeParse({ colour: "tomato" });
  expect(error?.issues).toMatchObject([{ code: "unrecognized_keys", keys: ["colour"] }]);
});

test("every setting has a field with a label and a help, but notices, which have a page of their own", () => {
  const fields = webhookSettingsFields({ retentionDays: 30 });
  const helpFor = (retentionDays: number) =>
    webhookSettingsFields({ retentionDays }).find(({ name }) => name === "retention_days")?.help;
  expect([helpFor(1), helpFor(30)]).toEqual([
    expect.stringContaining("(1 day)"),
    expect.stringContaining("(30 days)"),
  ]);
  const names = Object.keys(webhookSettingsShape).filter((name) => name !== "notices");
  expect(fields.map(({ name }) => name)).toEqual(names);
  expect(fields.filter(({ label, help }) => label === "" || !help?.endsWith("."))).toEqual([]);
});
