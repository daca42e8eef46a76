import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { findChapter } from "../../src/manual/chapters.ts";
import { entrypointSettingsShape } from "../../src/settings/entrypoint-settings.ts";
import { PROBLEM_KINDS } from "../../src/settings/notice-settings.ts";
import { webhookSettingsShape } from "../../src/settings/webhook-settings.ts";
import { deliveryPolicyShape } from "../../src/targets/delivery-policy.ts";
import { filterPolicyShape } from "../../src/targets/filter-policy.ts";
import { createTargetTypes } from "../../src/targets/registry.ts";
import { throttlePolicyShape } from "../../src/targets/throttle-policy.ts";
import { tableRows } from "../support/manual.ts";
import { createTestOutbound } from "../support/outbound.ts";
import { createTestProviders } from "../support/providers.ts";
import { createRecordingLog } from "../support/recording-log.ts";

type Shape = Readonly<Record<string, z.ZodType>>;
type Setting = Readonly<{ name: string; byDefault: string }>;

const { log } = createRecordingLog();
const outbound = createTestOutbound();
const targetTypes = createTargetTypes({ outbound, log });
const providers = createTestProviders();

/**
 * Reads the settings of a table in the manual with their defaults. Text in parentheses after a default is for people.
 */
function settingsIn(chapter: string, heading: string): readonly Setting[] {
  return tableRows(findChapter(chapter)?.text ?? "", heading).flatMap(([names = "", , defaults = ""]) => {
    const list = [...names.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name ?? "");
    const given = defaults
      .replace(/ \(.*\)$/, "")
      .replaceAll("`", "")
      .split(", ");
    return list.map((name, index) => ({ name, byDefault: given[index] ?? "not said" }));
  });
}

function settingsOf(shape: Shape): readonly Setting[] {
  return Object.entries(shape).map(([name, schema]) => ({ name, byDefault: textOf(schema) }));
}

function textOf(schema: z.ZodType): string {
  const result = schema.safeParse(undefined);
  if (!result.success) return "required";
  const value = result.data;
  if (value === undefined || JSON.stringify(value) === "[]" || JSON.stringify(value) === "{}") return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function sorted(settings: readonly Setting[]): readonly Setting[] {
  return settings.toSorted((one, other) => one.name.localeCompare(other.name));
}

describe("the manual's tables have every setting with its default, and no other", () => {
  const without = (shape: Shape, other: Shape) =>
    Object.fromEntries(Object.entries(shape).filter(([name]) => !(name in other)));

  test("of entrypoints", () => {
    expect(sorted(settingsIn("entrypoints", "Settings"))).toEqual(
      sorted(settingsOf(entrypointSettingsShape)),
    );
  });

  test("of webhooks", () => {
    expect(sorted(settingsIn("webhooks", "Settings"))).toEqual(sorted(settingsOf(webhookSettingsShape)));
  });

  test("of retries", () => {
    const shape = without(without(deliveryPolicyShape, throttlePolicyShape), filterPolicyShape);
    expect(sorted(settingsIn("retries", "Settings"))).toEqual(sorted(settingsOf(shape)));
  });

  test("of filters", () => {
    expect(sorted(settingsIn("filters", "Settings"))).toEqual(sorted(settingsOf(filterPolicyShape)));
  });

  test("of flow control", () => {
    expect(sorted(settingsIn("flow", "Settings"))).toEqual(sorted(settingsOf(throttlePolicyShape)));
  });

  test("of http targets", () => {
    const { configSchema } = targetTypes.get("http");
    const shape = configSchema instanceof z.ZodObject ? configSchema.shape : {};
    expect(sorted(settingsIn("targets", "Settings of http targets"))).toEqual(sorted(settingsOf(shape)));
  });

  test("of challenges, with their meanings repeated", () => {
    const names = tableRows(findChapter("entrypoints")?.text ?? "", "Questions").map(([name]) => name);
    const settings = Object.keys(entrypointSettingsShape).filter((name) => name.startsWith("question_"));
    expect(names).toEqual(settings.map((name) => `\`${name}\``));
  });

  test("of any HMAC", () => {
    const named = settingsIn("verification", "Any other HMAC").map(({ name }) => name);
    expect(named.toSorted()).toEqual(
      providers
        .get("hmac")
        .fields.map(({ name }) => name)
        .toSorted(),
    );
  });
});

describe("the manual's lists are complete", () => {
  const firstCells = (chapter: string, heading: string) =>
    tableRows(findChapter(chapter)?.text ?? "", heading).flatMap(([cell = ""]) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ""),
    );

  test("of target types", () => {
    const types = targetTypes.list().map(({ type }) => type);
    expect(firstCells("targets", "Types")).toEqual(types);
  });

  test("of providers", () => {
    const types = providers.list().map(({ type }) => type);
    const listed = tableRows(findChapter("verification")?.text ?? "", "Providers").flatMap(([cell = ""]) =>
      [...cell.replace(/\(.*/, "").matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ""),
    );
    expect(listed.toSorted()).toEqual(types.toSorted());
  });

  test("of problems that notices are about", () => {
    expect(firstCells("notices", "Problems")).toEqual([...PROBLEM_KINDS]);
  });
});
