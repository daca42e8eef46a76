/** Declares an API operation once: input, output and handler. Routes and the OpenAPI document follow from it. */
import type { z } from "zod";
import type { Caller } from "../auth/api-keys.ts";
import type { Scope } from "../auth/scopes.ts";
import { type ReadJson, readJson } from "../http/body.ts";
import { AppError, notFound } from "../lib/errors.ts";
import { readExternalId } from "../webhooks/external-id.ts";
import type { InWebhook, WebhookRole } from "../webhooks/people/roles.ts";
import { validate } from "../webhooks/validate.ts";
import type { DocumentedError } from "./documented-errors.ts";
import { ROLE_OF_SCOPE, refuseBeyondLimits, WEBHOOK_PARAM } from "./people/access.ts";
import { readQuery } from "./query.ts";

export const MAX_BODY_BYTES = 1024 * 1024;

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** The part of an operation that the OpenAPI document describes. */
export type OperationDoc = Readonly<{
  /** The operationId in camelCase. */
  id: string;
  method: Method;
  /** Relative to /api/v1, with parameters as ":webhook_id". */
  path: string;
  tag: string;
  summary: string;
  description?: string;
  /** False if no API key is required. */
  authenticated: boolean;
  /** The scope that a key needs; null: any key will do. */
  scope: Scope | null;
  /** The role that the key's user needs on the webhook that the path names; null: the path names none. */
  role: WebhookRole | null;
  /** Whether keys that are limited to some webhooks may ask, although the path names none. */
  forLimitedKeys: boolean;
  params: z.ZodObject | null;
  query: z.ZodObject | null;
  body: Readonly<{ schema: z.ZodType; required: boolean }> | null;
  /** The content type of an uploaded file. */
  upload: string | null;
  success: Readonly<{
    status: 200 | 201 | 202 | 204;
    description: string;
    /** Null if there is no body, or it is not JSON. */
    schema: z.ZodType | null;
    contentType?: string;
    /** Another status that the operation may respond with. */
    or?: OtherSuccess;
  }>;
  /** Errors in addition to those implied by the other properties. */
  errors: readonly DocumentedError[];
}>;

type OtherSuccess = Readonly<{ status: 202; description: string; schema: z.ZodType }>;

type RawCall = Readonly<{
  request: Request;
  params: Readonly<Record<string, string>>;
  /** Rejects with AppError `unauthenticated`. */
  authenticate: (request: Request) => Promise<Caller>;
  /** The id of the webhook that the user owns and calls so; null if there is none. */
  findByExternalId: (of: { userId: string; externalId: string }) => string | null;
  /** Called with the path's parameters once they have the webhook's id. */
  onPath?: (params: Readonly<Record<string, string>>) => void;
  /** Rejects with AppError `not_found` or `forbidden`. */
  requireRole: (of: InWebhook, need: WebhookRole) => Promise<unknown>;
  /** Sets the request's idle timeout in seconds; 0 disables it. */
  setIdleTimeout: (seconds: number) => void;
  remoteAddress: () => string;
  /** Whether the request's key still works; for responses that take long. */
  isKeyUsable: () => boolean;
}>;

export type Operation = Readonly<{
  doc: OperationDoc;
  /** It waits for something to happen, and changes no settings: it is not audited, and nothing waits for its end. */
  waits: boolean;
  /** Each change that it makes adds an entry to the audit log, and none stands for the request itself once it is done. */
  auditsChanges: boolean;
  run: (call: RawCall) => Promise<Response>;
}>;

type Call<Params, Query, Body> = Readonly<{
  caller: Caller;
  params: Params;
  query: Query;
  body: Body;
  /** The body as it came. */
  bytes: Uint8Array;
  /** For files, which are not parsed by a schema. */
  request: Request;
  setIdleTimeout: (seconds: number) => void;
  remoteAddress: () => string;
  /** Whether the request's key still works; for responses that take long. */
  isKeyUsable: () => boolean;
}>;

type Spec<Params, Query, Body, Output> = Readonly<{
  id: string;
  method: Method;
  path: string;
  tag: string;
  /** The scope that a key needs; null: any key will do. */
  scope: Scope | null;
  /** The role on the webhook, if it is not the one of the scope. */
  role?: WebhookRole;
  /** Set if `handle` creates a webhook whose external id is unknown: it gets the address instead of the id. */
  createsWebhook?: true;
  /** Set if `handle` heeds the webhooks that a key is limited to, as the path names none. */
  forLimitedKeys?: true;
  summary: string;
  description?: string;
  params?: z.ZodObject & z.ZodType<Params>;
  query?: z.ZodObject & z.ZodType<Query>;
  body?: z.ZodType<Body>;
  /** Chooses the one of several schemas that a body is meant for, so that its faults can be named. */
  bodyFor?: (given: unknown) => z.ZodType<Body>;
  /** The value of an absent body; without it, a body is required. */
  emptyBody?: NoInfer<Body>;
  /** The content type of an uploaded file, used instead of `body`; `handle` reads it from the request. */
  upload?: string;
  success: Readonly<{
    status: 200 | 201 | 202 | 204;
    description: string;
    schema?: z.ZodType<Output>;
    contentType?: string;
    or?: OtherSuccess;
  }>;
  errors?: readonly DocumentedError[];
  waits?: boolean;
  auditsChanges?: boolean;
  /** The path of the created object, relative to /api/v1. */
  location?(output: NoInfer<Output>): string;
  /** Returns the response's JSON. A Response is sent unchanged; `undefined` means no body. */
  handle(call: Call<Params, Query, Body>): Promise<NoInfer<Output> | Response>;
}>;

export const API_PREFIX = "/api/v1";

/** Creates an operation that requires an API key. The request is authenticated before its input is read. */
export function operation<Params, Query, Body, Output>(spec: Spec<Params, Query, Body, Output>): Operation;
export function operation(spec: Spec<unknown, unknown, unknown, unknown>): Operation {
  const { params, query, body, success } = spec;
  const doc = docOf(spec);
  return {
    doc,
    waits: spec.waits === true,
    auditsChanges: spec.auditsChanges ?? spec.scope === "publish",
    async run({ request, params: given, ...raw }) {
      const caller = await raw.authenticate(request);
      // The router gives no object for a path without parameters.
      const inPath = doc.params === null ? {} : withWebhookId(given, caller, raw.findByExternalId);
      raw.onPath?.(inPath);
      refuseBeyondLimits(caller, doc, inPath);
      const isUnknown = readExternalId(inPath.webhook_id ?? "") !== null;
      if (isUnknown && spec.createsWebhook !== true) throw notFound("webhook");
      const inputs = {
        params: params && readPath(params, inPath),
        query: query && validate({ schema: query, value: readQuery(request.url), what: "query" }),
      };
      const { bytes, value } = body ? await bodyOf(request, spec.emptyBody) : NO_BODY;
      const bodySchema = spec.bodyFor?.(value) ?? body;
      const call = {
        caller,
        request,
        setIdleTimeout: raw.setIdleTimeout,
        remoteAddress: raw.remoteAddress,
        isKeyUsable: raw.isKeyUsable,
        ...inputs,
        body: bodySchema && validate({ schema: bodySchema, value, what: "body" }),
        bytes,
      };
      const { webhook_id: webhookId = "" } = inPath;
      if (doc.role !== null && !isUnknown)
        await raw.requireRole({ userId: caller.userId, webhookId }, doc.role);
      const output = await spec.handle(call);
      if (output instanceof Response) return output;
      if (output === undefined) return new Response(null, { status: success.status });
      const location = spec.location && API_PREFIX + spec.location(output);
      return Response.json(output, {
        status: success.status,
        ...(location !== undefined && { headers: { location } }),
      });
    },
  };
}

/** Replaces an external id by the webhook's id; one that is unknown stays. */
function withWebhookId(
  given: RawCall["params"],
  { userId }: Caller,
  find: RawCall["findByExternalId"],
): RawCall["params"] {
  const externalId = readExternalId(given.webhook_id ?? "");
  const webhookId = externalId === null ? null : find({ userId, externalId });
  return webhookId === null ? given : { ...given, webhook_id: webhookId };
}

const NO_BODY: ReadJson = { bytes: new Uint8Array(0), value: undefined };

/** Only an absent body is replaced; `null` is a value, and rarely a valid one. */
async function bodyOf(request: Request, emptyBody: unknown): Promise<ReadJson> {
  const sent = await readJson(request, MAX_BODY_BYTES);
  return sent.value === undefined ? { ...sent, value: emptyBody } : sent;
}

/** Creates an operation that requires no API key. */
export function openOperation(
  doc: Pick<OperationDoc, "id" | "method" | "path" | "tag" | "summary" | "success">,
  answer: () => Response,
): Operation {
  const access = { authenticated: false, scope: null, role: null, forLimitedKeys: true };
  return {
    doc: { ...doc, ...access, params: null, query: null, body: null, upload: null, errors: [] },
    waits: false,
    auditsChanges: false,
    run: async () => answer(),
  };
}

/** The router passes null for invalid percent-encoding such as "%ff", which is no object's id. */
function readPath(schema: z.ZodType, given: unknown): unknown {
  const result = schema.safeParse(given);
  if (!result.success) throw new AppError({ kind: "not_found", message: "Not found." });
  return result.data;
}

function docOf(spec: Spec<unknown, unknown, unknown, unknown>): OperationDoc {
  const { id, method, path, tag, summary, description, success } = spec;
  const isInWebhook = path.includes(WEBHOOK_PARAM);
  return {
    id,
    method,
    path,
    tag,
    summary,
    ...(description !== undefined && { description }),
    authenticated: true,
    scope: spec.scope,
    role: isInWebhook ? (spec.role ?? ROLE_OF_SCOPE[spec.scope ?? "admin"]) : null,
    forLimitedKeys: spec.forLimitedKeys === true || isInWebhook,
    params: spec.params ?? null,
    query: spec.query ?? null,
    body: spec.body ? { schema: spec.body, required: spec.emptyBody === undefined } : null,
    upload: spec.upload ?? null,
    success: { ...success, schema: success.schema ?? null },
    errors: spec.errors ?? [],
  };
}
