/** Builds the OpenAPI 3.1 document from the operations and their schemas. */
import { z } from "zod";
import { statusOf } from "../http/error-description.ts";
import { MANUAL_PATH } from "../manual/html.ts";
import type { ApiDeps } from "./deps.ts";
import { DOCUMENTED_ERRORS, type DocumentedError } from "./documented-errors.ts";
import { type Json, toJsonSchemas } from "./json-schemas.ts";
import { API_PREFIX, type OperationDoc } from "./operation.ts";
import { errorSchema } from "./schema-parts.ts";

/** The description of unexpected server errors. */
const INTERNAL = "Internal server error.";

const SECURITY =
  "An API key: whk_…. `x-required-scope` names the scope that an operation needs, `x-required-role` the role of the key's user on the webhook.";

type SchemaOf = (schema: z.ZodType) => Json;

export function createOpenApiDocument(
  docs: readonly OperationDoc[],
  options: Pick<ApiDeps, "baseUrl" | "version" | "targetTypes" | "providers">,
): Json {
  const configs = [
    ...options.targetTypes.list().map((type) => ({ ...type, component: configComponent(type.type) })),
    ...options.providers.list().map((type) => ({ ...type, component: verificationComponent(type.type) })),
  ];
  const words = {
    targets: options.targetTypes.list().map(({ type }) => type),
    providers: options.providers.list().map(({ type }) => type),
  };
  const taken = [
    ...docs.flatMap(({ params, query, body }) => [params, query, body?.schema ?? null]),
    ...configs.map(({ configSchema }) => configSchema),
  ];
  const inputs = toJsonSchemas("input", taken, words);
  const answered = [
    errorSchema,
    ...docs.flatMap(({ success }) => [success.schema, success.or?.schema ?? null]),
  ];
  const outputs = toJsonSchemas("output", answered, words);
  const schemaOf: SchemaOf = (schema) => inputs.of(schema) ?? outputs.of(schema) ?? {};
  const paths: Record<string, Json> = {};
  for (const doc of docs) {
    const path = doc.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [doc.method.toLowerCase()]: describe(doc, schemaOf) };
  }
  const errors = Object.entries({ ...DOCUMENTED_ERRORS, internal: INTERNAL });
  return {
    openapi: "3.1.0",
    info: { title: "webhooker", version: options.version, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: options.baseUrl + API_PREFIX }],
    externalDocs: { description: "Manual", url: `${options.baseUrl}${MANUAL_PATH}` },
    tags: [...new Set(docs.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: {
        ...inputs.named,
        ...outputs.named,
        ...Object.fromEntries(
          configs.map(({ component, description, configSchema }) => [
            component,
            { ...schemaOf(configSchema), description },
          ]),
        ),
      },
      responses: Object.fromEntries(
        errors.map(([kind, description]) => [kind, { description, content: asJson(schemaOf(errorSchema)) }]),
      ),
      securitySchemes: { apiKey: { type: "http", scheme: "bearer", description: SECURITY } },
    },
    security: [{ apiKey: [] }],
  };
}

/** Returns the component name of a target type's config. */
export function configComponent(type: string): string {
  return `TargetConfig_${type}`;
}

/** Returns the component name of a verification provider's config. */
export function verificationComponent(type: string): string {
  return `VerificationConfig_${type}`;
}

function describe(doc: OperationDoc, schemaOf: SchemaOf): Json {
  const { body, success } = doc;
  const errors = errorsOf(doc).map((kind) => [statusOf(kind), reference(kind)]);
  return {
    operationId: doc.id,
    tags: [doc.tag],
    summary: doc.summary,
    ...(doc.description !== undefined && { description: doc.description }),
    ...(!doc.authenticated && { security: [] }),
    ...(doc.scope !== null && { "x-required-scope": doc.scope }),
    ...(doc.role !== null && { "x-required-role": doc.role }),
    parameters: [
      ...parametersOf(doc.params, "path", schemaOf),
      ...parametersOf(doc.query, "query", schemaOf),
    ],
    ...(body && { requestBody: { required: body.required, content: asJson(schemaOf(body.schema)) } }),
    ...(doc.upload !== null && { requestBody: { required: true, content: asBytes(doc.upload) } }),
    responses: {
      [success.status]: describeSuccess(doc, schemaOf),
      ...(success.or && {
        [success.or.status]: {
          description: success.or.description,
          content: asJson(schemaOf(success.or.schema)),
        },
      }),
      ...Object.fromEntries(errors),
      500: reference("internal"),
    },
  };
}

function describeSuccess({ success }: OperationDoc, schemaOf: SchemaOf): Json {
  const { description, schema, contentType, status } = success;
  const content = schema ? asJson(schemaOf(schema)) : contentType !== undefined && asBytes(contentType);
  const location = { Location: { description: "Path of the new object.", schema: { type: "string" } } };
  return { description, ...(content && { content }), ...(status === 201 && { headers: location }) };
}

function errorsOf(doc: OperationDoc): DocumentedError[] {
  const all: (DocumentedError | false)[] = [
    "malformed",
    doc.authenticated && "unauthenticated",
    (doc.scope !== null || !doc.forLimitedKeys) && "forbidden",
    doc.params !== null && "not_found",
    doc.body !== null && "too_large",
    doc.body !== null && "unsupported_type",
    (doc.body ?? doc.query ?? doc.upload) !== null && "invalid",
    doc.authenticated && "unavailable",
    ...doc.errors,
  ];
  return all.filter((kind) => kind !== false);
}

function parametersOf(shape: z.ZodObject | null, place: "path" | "query", schemaOf: SchemaOf): Json[] {
  if (shape === null) return [];
  const { properties = {}, required = [] } = parametersShape.parse(schemaOf(shape));
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    ...(description !== undefined && { description }),
    ...(place === "query" && schema.type === "object" && { style: "deepObject", explode: true }),
    schema,
  }));
}

const parametersShape = z.object({
  properties: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  required: z.array(z.string()).optional(),
});

function asJson(schema: Json): Json {
  return { "application/json": { schema } };
}

function asBytes(contentType: string): Json {
  return { [contentType]: { schema: { type: "string", format: "binary" } } };
}

function reference(error: DocumentedError | "internal"): Json {
  return { $ref: `#/components/responses/${error}` };
}
