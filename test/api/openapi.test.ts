/** The document describes every route, and every response matches it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { z } from "zod";
import { API_PREFIX } from "../../src/api/operation.ts";
import { newId } from "../../src/lib/ids.ts";
import { version } from "../../src/lib/version.ts";
import { findChapter } from "../../src/manual/chapters.ts";
import { ADA_TOKEN, type ApiAnswer, BOB_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";

const json = z.record(z.string(), z.unknown());
const responseShape = z.object({
  $ref: z.string().optional(),
  content: z.record(z.string(), z.object({ schema: json.optional() })).optional(),
});
const operationShape = z.object({
  operationId: z.string(),
  security: z.array(json).optional(),
  requestBody: z.object({ content: json }).optional(),
  parameters: z.array(z.object({ in: z.string() })),
  responses: z.record(z.string(), responseShape),
});
const documentShape = z.object({
  paths: z.record(z.string(), z.record(z.string(), operationShape)),
  components: z.object({
    schemas: z.record(z.string(), json),
    responses: z.record(z.string(), responseShape),
  }),
});

type Documented = z.infer<typeof operationShape> & { method: string; path: string };

let api: TestApi;
let replayId: string;
let replayToSeveral: string;
let keyId: string;
let rootToken: string;
let teamId: string;
let memberId: string;
let eventTypeId: string;
let portalLinkId: string;
let rejectedId: string;
/** To the server, and to the webhook. */
let invitationIds: readonly [string, string];
/** Targets of operations that need one of a certain type. */
let ofOperation: ReadonlyMap<string, { id: string }>;
let transformed: Readonly<{ eventId: string; resultId: string }>;
let problemId: string;
let raw: unknown;
let document: z.infer<typeof documentShape>;
let operations: Documented[];
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);

beforeAll(async () => {
  api = await startTestApi();
  replayId = await api.beginReplay();
  replayToSeveral = await api.beginReplay("several");
  rejectedId = newId();
  await api.rejected.keep(api.webhook.id, {
    id: rejectedId,
    entrypointId: api.entrypoint.id,
    receivedAt: api.clock.now(),
    method: "POST",
    pathTail: "",
    query: "",
    headers: [["a", "b"]],
    contentType: "",
    remoteAddress: "",
    sealedSecret: null,
    reason: "The signature is not right.",
    body: new Uint8Array(1),
  });
  const http = { name: "Signed", type: "http", config: { url: "http://127.0.0.1:9/" } };
  ofOperation = new Map([
    ["rotateSigning", await api.useCases.targets.create({ ...api.of, input: http })],
    [
      "pullDeliveries",
      await api.useCases.targets.create({ ...api.of, input: { name: "Pull", type: "pull" } }),
    ],
  ]);
  transformed = await addTransformedAttempt();
  keyId = api.parts.apiKeys.create({ userId: api.ada, name: "CI" }).apiKey.id;
  const failing = { webhookId: api.webhook.id, targetId: api.target.id, reason: "Gave up." };
  api.notices.targetGivenUp(failing);
  api.notices.flush();
  problemId = api.mainDb.problems.listOpen()[0]?.id ?? "";
  const root = await api.addUser("root", "admin");
  rootToken = api.parts.apiKeys.create({ userId: root, name: "CI" }).token;
  const team = await api.useCases.teams.create({ userId: root, input: { name: "Support" } });
  await api.useCases.teams.addUser({ userId: root, teamId: team.id, input: { username: "bob" } });
  teamId = team.id;
  eventTypeId = (await api.useCases.eventTypes.create({ userId: api.ada, input: { name: "x" } })).id;
  const member = await api.useCases.members.add({ ...api.of, input: { team: "Support", role: "viewer" } });
  memberId = member.id ?? "";
  const { invitations } = api.parts;
  const toServer = await invitations.create({ userId: root, webhookId: null, input: {} });
  const toWebhook = await invitations.create({ ...api.of, input: { role: "viewer" } });
  invitationIds = [toServer.invitation.id, toWebhook.invitation.id];
  await api.useCases.members.add({ ...api.of, input: { username: "bob", role: "viewer" } });
  portalLinkId = (await api.useCases.portals.createLink({ ...api.of, input: {} })).row.id;
  raw = (await api.call("GET", "/openapi.json", { token: null })).body;
  document = documentShape.parse(raw);
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
    })),
  );
  ajv.addSchema({ $id: "document", components: document.components });
});
afterAll(() => api.stop());

/** An attempt that a transformation dropped. */
async function addTransformedAttempt() {
  const transformation = { code: "function transform() { return null }" };
  const input = { name: "Dropped", type: "log", transformation };
  const target = await api.useCases.targets.create({ ...api.of, input });
  const event = await api.addEvent({ targets: [{ id: target.id, settlesAtIngest: false }] });
  const resultId = newId();
  await api.events.settle(api.webhook.id, {
    eventId: event.id,
    targetId: target.id,
    replays: 0,
    status: "discarded",
    nextAttemptAt: null,
    reason: "Dropped by the transformation (version 1).",
    result: {
      id: resultId,
      attempt: 1,
      startedAt: api.clock.now(),
      durationMs: 1,
      statusCode: null,
      error: null,
      responseHeaders: null,
      responseBody: null,
      responseBodyTruncated: false,
      transformationVersion: 1,
      transformationFailed: false,
    },
  });
  return { eventId: event.id, resultId };
}

/** Fails unless the document describes this response for the operation. */
function expectDocumented(operation: Documented, answer: ApiAnswer): void {
  const said = `${operation.operationId} ${answer.status}`;
  const response = operation.responses[answer.status];
  if (response === undefined) throw new Error(`${said} is not in the document: ${answer.text}`);
  const name = response.$ref?.split("/").at(-1);
  const { content } = name === undefined ? response : (document.components.responses[name] ?? {});
  if (content === undefined) expect([said, answer.text]).toEqual([said, ""]);
  const schema = content?.["application/json"]?.schema;
  if (schema === undefined) return;
  expect([said, answer.headers.get("content-type")]).toEqual([said, "application/json;charset=utf-8"]);
  const local = JSON.stringify(schema).replaceAll('"#/', '"document#/');
  const valid = ajv.validate(JSON.parse(local), answer.body);
  expect([said, valid, ajv.errors ?? []]).toEqual([said, true, []]);
}

/** Returns the operation's path with ids of existing objects, or with unknown ids. */
function pathOf({ path, operationId }: Documented, known = true): string {
  const { webhook, entrypoint, event } = api;
  const target = ofOperation.get(operationId) ?? api.target;
  const ids = new Map([
    ["webhook_id", webhook.id],
    ["entrypoint_id", entrypoint.id],
    ["target_id", target.id],
    ["event_id", operationId === "getSentRequest" ? transformed.eventId : event.id],
    ["result_id", transformed.resultId],
    ["replay_id", operationId === "removeReplayTarget" ? replayToSeveral : replayId],
    ["rejected_id", rejectedId],
    ["key_id", keyId],
    ["problem_id", problemId],
    ["team_id", teamId],
    ["event_type_id", eventTypeId],
    ["link_id", portalLinkId],
    ["user_id", api.bob],
    ["member_id", memberId],
    ["invitation_id", invitationIds[path.startsWith("/invitations") ? 0 : 1]],
  ]);
  return path.replaceAll(/\{(\w+)\}/g, (_, name) => (known ? (ids.get(name) ?? "") : crypto.randomUUID()));
}

test("the document is valid OpenAPI 3.1", async () => {
  expect(await new Validator().validate(json.parse(raw))).toEqual({ valid: true });
});

test("it describes exactly the existing routes", () => {
  const registered = api.routes.map(
    ({ method, path }) => `${method} ${API_PREFIX}${path.replaceAll(/:(\w+)/g, "{$1}")}`,
  );
  const documented = operations.map(({ method, path }) => `${method} ${API_PREFIX}${path}`);
  expect(documented.sort()).toEqual(registered.sort());
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(registered.length);
});

test("it names its server and the config of each target type", () => {
  expect(raw).toMatchObject({
    servers: [{ url: "https://hooks.example/api/v1" }],
    info: { version },
  });
  const schemas = Object.keys(document.components.schemas);
  expect(schemas).toContain("TargetConfig_http");
  expect(schemas).toContain("VerificationConfig_standard-webhooks");
});

describe("every operation", () => {
  /** Only administrators manage teams and invite to the server. Bob is a member who leaves, and the owner in the end. */
  function tokenFor({ operationId, path }: Documented): string {
    if (path.includes("/teams") || path.startsWith("/invitations")) return rootToken;
    return operationId === "leaveWebhook" || operationId === "deleteWebhook" ? BOB_TOKEN : ADA_TOKEN;
  }

  const bodies: Record<string, unknown> = {
    addMember: { username: "root", role: "replayer" },
    changeMember: { role: "editor" },
    createInvitation: { name: "Dora", role: "admin" },
    createWebhookInvitation: { email: "dora@example.com", role: "viewer" },
    transferWebhook: { username: "bob" },
    createPortalLink: { expires_in: 60 },
    changePortalSettings: { name: "Acme" },
    createEventType: { name: "order.paid", schema: {}, example: { n: 1 } },
    changeEventType: { description: "Paid." },
    changeEventTypeSettings: { check: "off" },
    createTeam: { name: "Sales" },
    renameTeam: { name: "Help" },
    addTeamUser: { username: "ada" },
    createApiKey: { name: "CI", scopes: ["events:read"] },
    createWebhook: { name: "Blog" },
    changeWebhook: { retention_days: 9 },
    createEntrypoint: { name: "In" },
    changeEntrypoint: { name: "In" },
    testVerification: { verification: { type: "github", config: { secret: "a" } } },
    createTarget: { name: "Out", type: "http", config: { url: "http://127.0.0.1:9/", headers: { a: "b" } } },
    changeTarget: { timeout_ms: 5_000 },
    sendEvent: { entrypoint_id: "" },
    publishEvents: { events: [{ type: "a", data: 1 }] },
    queryEvents: { sql: "SELECT id, body FROM events" },
    replayEvent: { target_id: "" },
    createReplay: { filter: { status: "failed" } },
    verifyRejected: { ids: [] },
    pullDeliveries: { max: 0 },
    deleteManyRejected: { ids: [] },
    applyConfig: { document: { version: 1, webhooks: {} } },
  };

  test("responds as documented on success", async () => {
    // The other one is disabled by then.
    const entrypoint = await api.useCases.entrypoints.create({ ...api.of, input: {} });
    bodies.sendEvent = { entrypoint_id: entrypoint.id };
    bodies.replayEvent = { target_id: api.target.id };
    const notices = { target_id: api.target.id, email: null, on: ["target_failing"] };
    await api.useCases.webhooks.update({ ...api.of, input: { notices } });
    const file = await fetch(`${api.server.url}${API_PREFIX}/webhooks/${api.webhook.id}/export`, {
      headers: { authorization: `Bearer ${ADA_TOKEN}` },
    });
    const exported = await file.arrayBuffer();
    // Deletions come last, because other operations need the objects, and a webhook after its contents.
    const last = [
      "revokeApiKey",
      "deleteRejected",
      "cancelReplay",
      "deleteEntrypoint",
      "deleteTarget",
      "removeMember",
      "revokePortalLink",
      "revokePortalLinks",
      "revokeInvitation",
      "revokeWebhookInvitation",
      "removeTeamUser",
      "deleteTeam",
      "transferWebhook",
      "deleteWebhook",
    ];
    const rank = ({ operationId }: Documented) => last.indexOf(operationId);
    for (const operation of operations.toSorted((a, b) => rank(a) - rank(b))) {
      const body = bodies[operation.operationId];
      const answer = await api.call(
        operation.method,
        pathOf(operation),
        operation.operationId === "importWebhook"
          ? { init: { body: exported } }
          : body === undefined
            ? { token: tokenFor(operation) }
            : { json: body, token: tokenFor(operation) },
      );
      expect([operation.operationId, answer.status < 300]).toEqual([operation.operationId, true]);
      expectDocumented(operation, answer);
    }
  });

  test("responds with the documented error for each mistake", async () => {
    for (const operation of operations) {
      const { method, operationId, requestBody, parameters } = operation;
      const answers: (readonly [status: number, ApiAnswer])[] = [];
      const path = pathOf(operation, false);
      const json = requestBody && bodies[operationId];
      if (operation.security === undefined)
        answers.push([401, await api.call(method, path, { token: null })]);
      if (parameters.some((each) => each.in === "path"))
        answers.push([404, await api.call(method, path, json === undefined ? {} : { json })]);
      if (parameters.some((each) => each.in === "query")) {
        answers.push([422, await api.call(method, `${path}?unknown=1`)]);
      }
      if (requestBody?.content["application/json"] !== undefined) {
        const send = (type: string, body: string) =>
          api.call(method, path, { init: { body, headers: { "content-type": type } } });
        answers.push([400, await send("application/json", "{")]);
        answers.push([413, await send("application/json", `"${"a".repeat(1024 * 1024)}"`)]);
        answers.push([415, await send("text/plain", "{}")]);
        answers.push([422, await send("application/json", '{"unknown":1}')]);
      }
      for (const [status, answer] of answers) {
        expect([operationId, answer.status]).toEqual([operationId, status]);
        expectDocumented(operation, answer);
      }
    }
  });
});

/** Yields every schema inside a schema. */
function* schemasIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield json.parse(value);
  for (const inside of Object.values(value)) yield* schemasIn(inside);
}

test("patterns mean the same without flags as on the server", () => {
  const config = json.parse(document.components.schemas["VerificationConfig_ip-allow-list"]);
  const { duplicate_id } = z.record(z.string(), json).parse(config.properties);
  const duplicateId = ajv.compile(duplicate_id ?? {});
  for (const place of ["X-Request-Id", "x-request-id", "$.Data.ID"])
    expect([place, duplicateId(place)]).toEqual([place, true]);
  expect(duplicateId("two words")).toBe(false);
  const ofOneCase = [...schemasIn(raw)].flatMap(({ pattern }) =>
    typeof pattern === "string" && pattern.includes("a-z") && !pattern.includes("A-Z") ? [pattern] : [],
  );
  // Amazon writes topic names in lower case everywhere; the server compares them exactly.
  expect(ofOneCase.map((pattern) => pattern.slice(0, 18))).toEqual(["^(?:\\d{12}|arn:aws"]);
});

test("types are enumerated in requests and responses", () => {
  const targets = ["http", "slack", "pull", "log", "database"];
  const enums = [...schemasIn(raw)].flatMap(({ enum: words }) =>
    Array.isArray(words) ? [words.join()] : [],
  );
  const ofTargets = enums.filter((words) => targets.every((type) => words.split(",").includes(type)));
  const ofProviders = enums.filter((words) => words.split(",").includes("stripe"));
  // A target is created, changed and shown; a verification is given and shown.
  expect(ofTargets.length).toBeGreaterThanOrEqual(3);
  expect(ofProviders.length).toBeGreaterThanOrEqual(2);
  expect(JSON.stringify(raw)).not.toContain("x-words-of");
});

test("the manual's chapter on the API lists every path, in full or by its end", () => {
  const chapter = findChapter("api")?.text ?? "";
  const left = operations
    .map(
      ({ path }) =>
        path
          .split("/")
          .filter((part) => !part.startsWith("{"))
          .at(-1) ?? "",
    )
    .filter((end) => !chapter.includes(`/${end}`));
  expect(operations.length).toBeGreaterThan(30);
  expect(left).toEqual([]);
});
