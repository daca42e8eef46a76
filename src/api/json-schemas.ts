/** Converts zod schemas into the JSON Schemas of an OpenAPI document. */
import { z } from "zod";
import { WORDS_OF } from "../webhooks/type-names.ts";

export type Json = Record<string, unknown>;

type JsonSchemas = Readonly<{
  /** Components: schemas that have an id. */
  named: Readonly<Record<string, Json>>;
  /** Returns the schema, or a reference to its component. */
  of: (schema: z.ZodType) => Json | undefined;
}>;

/** The names in each registry, by the mark of its schemas (`WORDS_OF`). */
export type Words = Readonly<Record<string, readonly string[]>>;

/** Converts all schemas at once, so that a schema with an id becomes one component however often it is used. */
export function toJsonSchemas(
  io: "input" | "output",
  schemas: readonly (z.ZodType | null)[],
  words: Words,
): JsonSchemas {
  const given = [...new Set(schemas.filter((schema) => schema !== null))];
  const all = z.object(Object.fromEntries(given.map((schema, index) => [`s${index}`, schema])));
  const converted = z.toJSONSchema(all, {
    io,
    target: "draft-2020-12",
    // Whatever JSON Schema cannot express must be in the description.
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      refuseFlags(zodSchema._zod.bag.patterns);
      // `maxItems` closes a tuple as well, and some generators of clients take no schema that is `false`.
      if (jsonSchema.items === false) delete jsonSchema.items;
      const { [WORDS_OF]: registry } = jsonSchema;
      if (typeof registry !== "string") return;
      delete jsonSchema[WORDS_OF];
      jsonSchema.enum = [...(words[registry] ?? [])];
    },
  });
  const { $defs = {}, properties = {} } = conversion.parse(
    JSON.parse(JSON.stringify(converted).replaceAll('"#/$defs/', '"#/components/schemas/')),
  );
  return { named: $defs, of: (schema) => properties[`s${given.indexOf(schema)}`] };
}

/** Rejects patterns with flags, which JSON Schema cannot express. */
function refuseFlags(patterns: unknown): void {
  if (!(patterns instanceof Set)) return;
  for (const pattern of patterns) {
    if (pattern instanceof RegExp && pattern.ignoreCase)
      throw new Error(`write this pattern without its flags: ${pattern.source}`);
  }
}

const json = z.record(z.string(), z.unknown());
const conversion = z.object({
  $defs: z.record(z.string(), json).optional(),
  properties: z.record(z.string(), json).optional(),
});
