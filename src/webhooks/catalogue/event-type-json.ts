/** An event type as people give it, and its JSON as it is stored. */
import { z } from "zod";
import { AppError, type FieldFault } from "../../lib/errors.ts";
import { type EventTypeRow, PUBLISH_CHECKS } from "../../storage/main-db/catalogue/event-types.ts";
import { eventTypeName } from "../publish/publish-input.ts";
import { type Schema, schemaFaults } from "./json-schema/known-keywords.ts";

export const MAX_TYPES = 500;
const MAX_JSON = 32 * 1024;

const schemaJson = z.union([z.boolean(), z.record(z.string(), z.unknown())]);

export const eventTypeShape = {
  name: eventTypeName,
  description: z.string().trim().max(1_000).describe("For the people who receive it."),
  schema: schemaJson.nullable().describe("JSON Schema of `data`, or of `payload`; null: any."),
  example: z.unknown().describe("JSON; null: none."),
};

export const eventTypeInput = z
  .strictObject({
    name: eventTypeShape.name,
    description: eventTypeShape.description.default(""),
    schema: eventTypeShape.schema.default(null),
    example: eventTypeShape.example.optional(),
  })
  .meta({ id: "EventTypeInput" });

export const eventTypeChange = z
  .strictObject({ ...eventTypeShape, example: eventTypeShape.example.optional() })
  .partial()
  .meta({ id: "EventTypeChange" });

export const catalogueInput = z
  .strictObject({
    check: z
      .enum(PUBLISH_CHECKS)
      .describe(
        "Events that are refused when they are published: `off`: none; `types`: those of types that the catalogue does not have; `schemas`: also those that do not fit their type's schema.",
      ),
  })
  .meta({ id: "EventTypeSettings" });

export type EventType = Omit<EventTypeRow, "schema" | "example"> &
  Readonly<{ schema: Schema | null; example: unknown }>;

/** A type's JSON as it is stored. Throws AppError `invalid`. */
export function jsonOfType(of: Readonly<{ schema: unknown; example: unknown }>) {
  return { schema: schemaText(of.schema), example: exampleText(of.example) };
}

export function toEventType({ schema, example, ...row }: EventTypeRow): EventType {
  const parsed: Schema | null = schema === null ? null : schemaJson.parse(JSON.parse(schema));
  const shown: unknown = example === null ? null : JSON.parse(example);
  return { ...row, schema: parsed, example: shown };
}

/** Throws AppError `invalid`. */
export function schemaText(schema: unknown): string | null {
  if (schema === null) return null;
  const faults = schemaFaults(schema).map(({ path, message }) => ({
    path: path === "" ? "schema" : `schema.${path}`,
    message,
  }));
  if (faults.length > 0) throw unfitType(faults);
  return bounded("schema", schema);
}

/** Throws AppError `invalid`. */
export function exampleText(example: unknown): string | null {
  return example === undefined || example === null ? null : bounded("example", example);
}

function bounded(path: string, value: unknown): string {
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) > MAX_JSON) throw unfitType([{ path, message: "is longer than 32 KiB" }]);
  return text;
}

function unfitType(details: readonly FieldFault[]): AppError {
  return new AppError({ kind: "invalid", message: "The event type is not valid.", details });
}
