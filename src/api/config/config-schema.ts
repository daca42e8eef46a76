/** The JSON Schema of files of configuration, by which editors complete and check them. */
import { z } from "zod";
import { configDocument } from "../../webhooks/config/document.ts";
import type { ApiDeps } from "../deps.ts";
import { type Json, toJsonSchemas } from "../json-schemas.ts";

const object = z.record(z.string(), z.unknown());

/** Placeholders of the webhooker command, which may stand wherever a text may. */
const PLACEHOLDER = { type: "string", pattern: "\\$\\{(env|file):[^}]+\\}" };

export function createConfigSchema(deps: Pick<ApiDeps, "targetTypes" | "providers">): Json {
  const [targets, providers] = [deps.targetTypes.list(), deps.providers.list()];
  const words = {
    targets: targets.map(({ type }) => type),
    providers: providers.map(({ type }) => type),
  };
  const configs = [...targets, ...providers].map(({ configSchema }) => configSchema);
  const schemas = toJsonSchemas("input", [configDocument, ...configs], words);
  const document = schemas.of(configDocument) ?? {};
  const named = { ...schemas.named };
  for (const { type, configSchema } of targets) named[`Target_${type}`] = schemas.of(configSchema) ?? {};
  for (const { type, configSchema } of providers) named[`Provider_${type}`] = schemas.of(configSchema) ?? {};
  const whole = byType(document, {
    target: targets.map(({ type }) => type),
    provider: providers.map(({ type }) => type),
  });
  const withComponents = object.parse({ ...object.parse(whole), $defs: byType(named, null) });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "webhooker configuration",
    ...object.parse(
      JSON.parse(JSON.stringify(withComponents).replaceAll('"#/components/schemas/', '"#/$defs/')),
    ),
  };
}

type Types = Readonly<{ target: readonly string[]; provider: readonly string[] }>;

/**
 * Lets placeholders stand for texts, and with `types` refers each `config` to the schema of the `type` beside it. If a
 * secret has a schema, it holds for the secret alone, which the file need not contain: secrets may be left out.
 */
function byType(value: unknown, types: Types | null): unknown {
  if (Array.isArray(value)) return value.map((each) => byType(each, types));
  if (typeof value !== "object" || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, byType(each, types)]));
  const properties = object.safeParse(inner.properties).data;
  if (types && properties?.config !== undefined && properties.type !== undefined) {
    const isTarget = properties.name !== undefined;
    return {
      ...inner,
      allOf: conditions(isTarget ? "Target" : "Provider", isTarget ? types.target : types.provider),
    };
  }
  const isFormed =
    inner.type === "string" && ["pattern", "format", "minLength", "enum"].some((key) => key in inner);
  // Keys of objects are no values.
  if (!isFormed || typeof inner.pattern !== "string" || inner.pattern !== KEY_PATTERN) {
    return isFormed ? { ...describing(inner), anyOf: [PLACEHOLDER, without(inner)] } : inner;
  }
  return inner;
}

const KEY_PATTERN = "^[a-z0-9-]{1,64}$";

function describing({ description }: Json): Json {
  return description === undefined ? {} : { description };
}

function without({ description: _description, ...rest }: Json): Json {
  return rest;
}

function conditions(prefix: string, types: readonly string[]): Json[] {
  return types.map((type) => ({
    if: { properties: { type: { const: type } }, required: ["type"] },
    // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
    then: { properties: { config: { $ref: `#/$defs/${prefix}_${type}` } } },
  }));
}
