/** Draws the OpenAPI 3.1 document from the operations and their schemas. */
import { z } from "zod";
import { statusOf } from "../http/error-description.ts";
import type { ErrorKind } from "../lib/errors.ts";
import { API_PREFIX, type OperationDoc } from "./operation.ts";
import { errorSchema } from "./schemas.ts";

type Json = Record<string, unknown>;

const ERROR_WORDS: Partial<Record<ErrorKind, string>> = {
  malformed: "The request cannot be read.",
  unauthenticated: "There is no valid API key.",
  not_found: "There is no such thing, or it is not yours.",
  conflict: "It cannot be done as things stand.",
  too_large: "The body is too large.",
  unsupported_type: "The body is not announced as JSON.",
  invalid: "What was sent is not valid.",
  unavailable: "The server cannot do it now; try again later.",
};

export function createOpenApiDocument(
  docs: readonly OperationDoc[],
  options: { baseUrl: string; version: string },
): Json {
  const inputs = convert(
    "input",
    docs.flatMap(({ params, query, body }) => [params, query, body?.schema]),
  );
  const outputs = convert("output", [errorSchema, ...docs.map(({ success }) => success.schema)]);
  const schemaOf = (schema: z.ZodType): Json => inputs.of(schema) ?? outputs.of(schema) ?? {};
  const paths: Record<string, Json> = {};
  for (const doc of docs) {
    const path = doc.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [doc.method.toLowerCase()]: describe(doc, schemaOf) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "webhooker", version: options.version, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: options.baseUrl + API_PREFIX }],
    tags: [...new Set(docs.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { ...inputs.named, ...outputs.named },
      securitySchemes: { apiKey: { type: "http", scheme: "bearer", description: "An API key: whk_…" } },
    },
    security: [{ apiKey: [] }],
  };
}

function describe(doc: OperationDoc, schemaOf: (schema: z.ZodType) => Json): Json {
  const { body, success } = doc;
  const responses: Record<string, Json> = { [success.status]: describeSuccess(doc, schemaOf) };
  for (const kind of errorsOf(doc)) {
    responses[statusOf(kind)] = errorResponse(ERROR_WORDS[kind] ?? kind, schemaOf);
  }
  responses[500] = errorResponse("Something went wrong inside the server.", schemaOf);
  return {
    operationId: doc.id,
    tags: [doc.tag],
    summary: doc.summary,
    ...(doc.description !== undefined && { description: doc.description }),
    ...(!doc.authenticated && { security: [] }),
    parameters: [
      ...parametersOf(doc.params, "path", schemaOf),
      ...parametersOf(doc.query, "query", schemaOf),
    ],
    ...(body && {
      requestBody: {
        required: body.required,
        content: { "application/json": { schema: schemaOf(body.schema) } },
      },
    }),
    responses,
  };
}

function describeSuccess({ success }: OperationDoc, schemaOf: (schema: z.ZodType) => Json): Json {
  const { description, schema, contentType, status } = success;
  const content = schema
    ? { "application/json": { schema: schemaOf(schema) } }
    : contentType !== undefined && { [contentType]: {} };
  const location = { Location: { description: "Its path.", schema: { type: "string" } } };
  return { description, ...(content && { content }), ...(status === 201 && { headers: location }) };
}

function errorsOf(doc: OperationDoc): ReadonlySet<ErrorKind> {
  return new Set<ErrorKind>([
    "malformed",
    ...(doc.authenticated ? (["unauthenticated", "unavailable"] as const) : []),
    ...(doc.params ? (["not_found"] as const) : []),
    ...(doc.body ? (["too_large", "unsupported_type"] as const) : []),
    ...(doc.body || doc.query ? (["invalid"] as const) : []),
    ...doc.errors,
  ]);
}

function errorResponse(description: string, schemaOf: (schema: z.ZodType) => Json): Json {
  return { description, content: { "application/json": { schema: schemaOf(errorSchema) } } };
}

function parametersOf(
  shape: z.ZodObject | null,
  place: "path" | "query",
  schemaOf: (schema: z.ZodType) => Json,
): Json[] {
  if (shape === null) return [];
  const { properties = {}, required = [] } = parametersShape.parse(schemaOf(shape));
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    ...(description !== undefined && { description }),
    schema,
  }));
}

const parametersShape = z.object({
  properties: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  required: z.array(z.string()).optional(),
});

/** One conversion for all, so that a schema with an id becomes one named component however often it is used. */
function convert(io: "input" | "output", schemas: readonly (z.ZodType | null | undefined)[]) {
  const given = [...new Set(schemas.filter((schema) => schema != null))];
  const all = z.object(Object.fromEntries(given.map((schema, index) => [`s${index}`, schema])));
  const json = z.toJSONSchema(all, { io, target: "draft-2020-12" });
  const { $defs = {}, properties = {} } = conversion.parse(
    JSON.parse(JSON.stringify(json).replaceAll('"#/$defs/', '"#/components/schemas/')),
  );
  return {
    named: $defs,
    of(schema: z.ZodType): Json | undefined {
      return properties[`s${given.indexOf(schema)}`];
    },
  };
}

const json = z.record(z.string(), z.unknown());
const conversion = z.object({
  $defs: z.record(z.string(), json).optional(),
  properties: z.record(z.string(), json).optional(),
});
