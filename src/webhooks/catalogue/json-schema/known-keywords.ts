/** Checks that a JSON Schema uses only what can be judged in bounded time, when it is stored. */
import type { FieldFault } from "../../../lib/errors.ts";
import { isRecord } from "../../../lib/records.ts";

export const MAX_SCHEMA_DEPTH = 32;
export const MAX_SCHEMA_PARTS = 2_000;

export type Schema = boolean | Readonly<Record<string, unknown>>;

const TYPES = new Set(["null", "boolean", "object", "array", "number", "string", "integer"]);
/** They say something to people only. */
const NOTES = new Set([
  ...["$schema", "$id", "$comment", "title", "description", "default", "examples", "example"],
  ...["deprecated", "readOnly", "writeOnly", "format", "contentMediaType", "contentEncoding"],
]);
const NUMBERS = new Set(["multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"]);
const COUNTS = new Set([
  ...["maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties"],
]);
const SCHEMAS = new Set(["items", "additionalProperties", "propertyNames", "not", "if", "then", "else"]);
const LISTS = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);
const MAPS = new Set(["properties", "$defs"]);

type Walk = { parts: number; readonly faults: FieldFault[] };

/** Where it is at fault; empty for a usable schema. */
export function schemaFaults(schema: unknown): readonly FieldFault[] {
  const walk: Walk = { parts: 0, faults: [] };
  checkSchema(schema, { path: "", depth: 0, walk, root: schema });
  return walk.faults;
}

/** The schema that `#` or `#/$defs/NAME` means; undefined if there is none. */
export function findReferred(root: unknown, ref: string): unknown {
  if (ref === "#") return root;
  const name = /^#\/\$defs\/([^/]+)$/.exec(ref)?.[1]?.replaceAll("~1", "/").replaceAll("~0", "~");
  const defs = isRecord(root) ? root.$defs : undefined;
  return name !== undefined && isRecord(defs) && Object.hasOwn(defs, name) ? defs[name] : undefined;
}

type At = Readonly<{ path: string; depth: number; walk: Walk; root: unknown }>;

function checkSchema(schema: unknown, at: At): void {
  const { path, depth, walk } = at;
  const fault = (where: string, message: string) => {
    if (walk.faults.length < 10) walk.faults.push({ path: where, message });
  };
  if (++walk.parts > MAX_SCHEMA_PARTS) {
    if (walk.parts === MAX_SCHEMA_PARTS + 1) fault(path, `has more than ${MAX_SCHEMA_PARTS} parts`);
    return;
  }
  if (typeof schema === "boolean") return;
  if (!isRecord(schema) || depth > MAX_SCHEMA_DEPTH) {
    fault(
      path,
      isRecord(schema) ? `has more than ${MAX_SCHEMA_DEPTH} levels` : "must be an object, true or false",
    );
    return;
  }
  for (const [keyword, value] of Object.entries(schema)) {
    const where = path === "" ? keyword : `${path}.${keyword}`;
    const inner = (child: unknown, name: string) =>
      checkSchema(child, { ...at, path: name === "" ? where : `${where}.${name}`, depth: depth + 1 });
    if (SCHEMAS.has(keyword)) inner(value, "");
    else if (LISTS.has(keyword)) {
      if (!Array.isArray(value) || value.length === 0) fault(where, "must be a list of schemas");
      else for (const [index, child] of value.entries()) inner(child, String(index));
    } else if (MAPS.has(keyword)) {
      if (!isRecord(value)) fault(where, "must be an object of schemas");
      else for (const [name, child] of Object.entries(value)) inner(child, name);
    } else {
      const message = valueFault(keyword, value, at.root);
      if (message !== null) fault(where, message);
    }
  }
}

function valueFault(keyword: string, value: unknown, root: unknown): string | null {
  if (NOTES.has(keyword) || keyword === "const") return null;
  if (NUMBERS.has(keyword)) {
    const isUsable = typeof value === "number" && (keyword !== "multipleOf" || value > 0);
    return isUsable ? null : `must be a number${keyword === "multipleOf" ? " above 0" : ""}`;
  }
  if (COUNTS.has(keyword)) {
    return typeof value === "number" && Number.isInteger(value) && value >= 0 ? null : "must be a count";
  }
  switch (keyword) {
    case "type": {
      const types: unknown[] = Array.isArray(value) ? value : [value];
      const areKnown = types.length > 0 && types.every((type) => typeof type === "string" && TYPES.has(type));
      return areKnown ? null : `must be among: ${[...TYPES].join(", ")}`;
    }
    case "enum":
      return Array.isArray(value) ? null : "must be a list";
    case "required":
      return Array.isArray(value) && value.every((name) => typeof name === "string")
        ? null
        : "must be a list of names";
    case "$ref":
      return typeof value === "string" && findReferred(root, value) !== undefined
        ? null
        : "must be # or #/$defs/NAME, and there";
    default:
      return "is not supported";
  }
}
