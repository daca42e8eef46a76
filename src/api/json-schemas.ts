/** Turns zod schemas into the JSON Schemas of an OpenAPI document. */
import { z } from "zod";

export type Json = Record<string, unknown>;

export type JsonSchemas = Readonly<{
  /** The components: schemas that have an id. */
  named: Readonly<Record<string, Json>>;
  /** The schema itself, or a reference to its component. */
  of: (schema: z.ZodType) => Json | undefined;
}>;

/** One conversion for all, so that a schema with an id becomes one component however often it is used. */
export function toJsonSchemas(io: "input" | "output", schemas: readonly (z.ZodType | null)[]): JsonSchemas {
  const given = [...new Set(schemas.filter((schema) => schema !== null))];
  const all = z.object(Object.fromEntries(given.map((schema, index) => [`s${index}`, schema])));
  // What JSON Schema cannot say of a schema, its description has to.
  const converted = z.toJSONSchema(all, { io, target: "draft-2020-12", unrepresentable: "any" });
  const { $defs = {}, properties = {} } = conversion.parse(
    JSON.parse(JSON.stringify(converted).replaceAll('"#/$defs/', '"#/components/schemas/')),
  );
  return { named: $defs, of: (schema) => properties[`s${given.indexOf(schema)}`] };
}

const json = z.record(z.string(), z.unknown());
const conversion = z.object({
  $defs: z.record(z.string(), json).optional(),
  properties: z.record(z.string(), json).optional(),
});
