/**
 * Reads a file of configuration as it was sent. One object after the other, so that a large file does not hold up everything
 * else, and all of it, so that people learn of all faults at once.
 */
import type { z } from "zod";
import { AppError } from "../../lib/errors.ts";
import type { Pause } from "../../lib/pauses.ts";
import { isRecord } from "../../lib/records.ts";
import { eventTypeInput } from "../catalogue/event-type-json.ts";
import { validate } from "../validate.ts";
import {
  type ConfigDocument,
  type ConfigEventType,
  type ConfigWebhook,
  configEntrypoint,
  configSettings,
  configTarget,
  outlineOfDocument,
  outlineOfWebhook,
} from "./document.ts";
import { createFaults, type Faults } from "./faults.ts";

type Path = readonly string[];

const what = "configuration";

/** Rejects with AppError `invalid`, with a path such as webhooks.orders.targets.billing.config for each fault. */
export async function readConfigDocument(input: unknown, pause: Pause): Promise<ConfigDocument> {
  const outline = validate({ schema: outlineOfDocument, value: input, what });
  const faults = createFaults();
  const reader = createReader(faults, pause);
  const { portal_settings, event_type_settings } = configSettings;
  const portal = await readSetting(reader, portal_settings, outline.portal_settings, "portal_settings");
  const check = await readSetting(
    reader,
    event_type_settings,
    outline.event_type_settings,
    "event_type_settings",
  );
  const types: ConfigEventType[] = [];
  for (const [index, value] of outline.event_types.entries()) {
    const path = ["event_types", String(index)];
    const read = reader.isFilledIn(value, path) ? await reader.one(eventTypeInput, value, path) : null;
    if (read !== null) types.push(read);
  }
  const webhooks: Record<string, ConfigWebhook> = {};
  for (const [name, value] of Object.entries(outline.webhooks)) {
    const read = await readWebhook(reader, value, ["webhooks", name]);
    if (read !== null) webhooks[name] = read;
  }
  faults.refuse();
  return {
    version: outline.version,
    ...(portal && { portal_settings: portal }),
    ...(check && { event_type_settings: check }),
    event_types: types,
    webhooks,
  };
}

/** Null if it is left out, or not valid, which is a fault then. */
async function readSetting<T>(
  reader: Reader,
  schema: z.ZodType<T>,
  value: unknown,
  name: string,
): Promise<T | null> {
  if (value === undefined || !reader.isFilledIn(value, [name])) return null;
  return reader.one(schema, value, [name]);
}

type Reader = ReturnType<typeof createReader>;

function createReader(faults: Faults, pause: Pause) {
  /** Null if it is not valid, which is a fault then. */
  async function one<T>(schema: z.ZodType<T>, value: unknown, path: Path): Promise<T | null> {
    const read = faults.within("", () => validate({ schema, value, what, within: path.join(".") }));
    await pause();
    return read;
  }

  return {
    one,
    async all<T>(schema: z.ZodType<T>, values: unknown, path: Path): Promise<Readonly<Record<string, T>>> {
      const found: Record<string, T> = {};
      for (const [key, value] of Object.entries(isRecord(values) ? values : {})) {
        const read = await one(schema, value, [...path, key]);
        if (read !== null) found[key] = read;
      }
      return found;
    },
    isFilledIn: (value: unknown, path: Path): boolean =>
      faults.within("", () => refusePlaceholders(value, path)) !== null,
  };
}

async function readWebhook(reader: Reader, value: unknown, path: Path): Promise<ConfigWebhook | null> {
  if (!reader.isFilledIn(value, path)) return null;
  const parts = isRecord(value) ? value : {};
  const whole = await reader.one(outlineOfWebhook, value, path);
  const entrypoints = await reader.all(configEntrypoint, parts.entrypoints, [...path, "entrypoints"]);
  const targets = await reader.all(configTarget, parts.targets, [...path, "targets"]);
  return whole && { ...whole, entrypoints, targets };
}

const PLACEHOLDER = /\$\{(?:env|file):[^}]*\}/;
/** Code may have anything in it. */
const CODE = "code";
/** Deeper than any setting, filters included. */
const MAX_DEPTH = 40;

/** Stored as it is, a placeholder would be a secret that everybody knows. */
function refusePlaceholders(value: unknown, path: readonly string[]): void {
  if (typeof value === "string" && PLACEHOLDER.test(value) && path.at(-1) !== CODE) {
    throw invalid(path, "has a placeholder, which only the webhooker command fills in");
  }
  if (typeof value !== "object" || value === null) return;
  if (path.length > MAX_DEPTH) throw invalid(path, "is nested too deeply");
  for (const [name, inner] of Object.entries(value)) refusePlaceholders(inner, [...path, name]);
}

function invalid(path: readonly string[], message: string): AppError {
  const details = [{ path: path.join("."), message }];
  return new AppError({ kind: "invalid", message: "The configuration is not valid.", details });
}
