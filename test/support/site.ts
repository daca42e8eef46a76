/** The compiled gateway in use: browsers and programs of several users, and a webhook with events. */
import type { Browser, BrowserContext, BrowserContextOptions } from "playwright-core";
import { z } from "zod";
import { ApiClient, type WebhookSetup } from "./api-client.ts";
import { type Environment, type Gateway, startGateway } from "./gateway.ts";
import { addIdentity } from "./oidc/add-identity.ts";
import { addPasskey } from "./passkeys.ts";
import type { Receiver } from "./receiver.ts";
import { until } from "./until.ts";

export type Person = Readonly<{ username: string; password: string; cookie: string; key: string }>;

/** Ids by the name of the route parameter. */
export type Ids = Readonly<Record<string, string>>;

export type WebhookInUse = Readonly<{
  webhookId: string;
  entrypointId: string;
  /** An http target, whose responses are stored. */
  targetId: string;
  eventId: string;
  resultId: string;
  replayId: string;
  /** A rejected request. */
  rejectedId: string;
}>;

export const ADMIN_PASSWORD = "the-administrators-own";

/** Starts the gateway with its real port in BASE_URL. */
export async function startSite(env: Environment = {}): Promise<Gateway> {
  const port = String(freePort());
  return startGateway({ env: { PORT: port, ADMIN_PASSWORD, ...env } });
}

export function freePort(): number {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  const { port } = server;
  void server.stop(true);
  if (port === undefined) throw new Error("there is no free port");
  return port;
}

export async function administrator(gateway: Gateway): Promise<Person> {
  return join(gateway, { username: "admin", password: ADMIN_PASSWORD });
}

/** Creates a user who owns nothing yet. */
export async function addPerson(gateway: Gateway, username: string): Promise<Person> {
  const password = `the-own-one-of-${username}`;
  const added = await gateway.run(["user", "add", username, "--password-stdin"], { stdin: password });
  if (added.code !== 0) throw new Error(added.err);
  return join(gateway, { username, password });
}

async function join(gateway: Gateway, who: { username: string; password: string }): Promise<Person> {
  const made = await gateway.run(["apikey", "create", "--user", who.username, "--name", "test"]);
  if (made.code !== 0) throw new Error(made.err);
  return { ...who, key: made.out.trim(), cookie: await signIn(gateway, who) };
}

/** The session's cookie as a browser sends it back. */
export async function signIn(
  gateway: Gateway,
  { username, password, userAgent }: { username: string; password: string; userAgent?: string },
): Promise<string> {
  const answer = await fetch(`${gateway.origin}/pages/login`, {
    method: "POST",
    headers: { "sec-fetch-site": "same-origin", ...(userAgent !== undefined && { "user-agent": userAgent }) },
    body: new URLSearchParams({ username, password }),
    redirect: "manual",
  });
  const set = answer.headers.getSetCookie().find((line) => line.includes("webhooker_session="));
  if (set === undefined) throw new Error(`signing ${username} in was answered ${answer.status}`);
  return set.split(";", 1)[0] ?? "";
}

/** Opens a browser window in which the user is signed in. */
export async function openAs(
  browser: Browser,
  gateway: Gateway,
  { person, look }: { person: Person; look: BrowserContextOptions },
): Promise<BrowserContext> {
  const context = await browser.newContext({ ...look, baseURL: gateway.origin });
  const [name = "", value = ""] = person.cookie.split("=", 2);
  await context.addCookies([{ name, value, url: gateway.origin }]);
  return context;
}

export function apiOf(gateway: Gateway, { key }: Person): ApiClient {
  return new ApiClient(
    () => gateway.origin,
    async () => key,
  );
}

/** Creates a webhook with one event that was delivered and whose response was stored. */
export async function createWebhookInUse(
  gateway: Gateway,
  { api, receiver }: { api: ApiClient; receiver: Receiver },
): Promise<WebhookInUse> {
  const transformation = { code: 'addHandler("transform", () => ({ headers: { "x-seen": "yes" } }));' };
  const setup = await api.setUpWebhook([
    { type: "http", config: { url: `${receiver.url}/in` }, transformation },
  ]);
  const answer = await fetch(gateway.entrypointUrl(setup.entrypointId), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ order: 1 }),
  });
  await answer.arrayBuffer();
  const [event] = await api.waitUntilSettled(setup.webhookId);
  const [targetId] = setup.targetIds;
  if (event === undefined || targetId === undefined) throw new Error("no event was stored");
  const { deliveries } = await api.getEvent(setup.webhookId, event.id);
  const resultId = deliveries[0]?.results[0]?.id ?? "";
  const replayId = await api.createReplay(setup.webhookId);
  const rejectedId = await rejectOne(gateway, { api, setup, body: "unsigned" });
  return { ...setup, targetId, eventId: event.id, resultId, replayId, rejectedId };
}

/** Has the entrypoint reject a request, by a verification set meanwhile, and returns the rejected request's id. */
export async function rejectOne(
  gateway: Gateway,
  given: { api: ApiClient; setup: Pick<WebhookSetup, "webhookId" | "entrypointId">; body: string },
): Promise<string> {
  const { api, setup, body } = given;
  const { webhookId, entrypointId } = setup;
  const verify = (verification: unknown) =>
    api.request("PATCH", `/webhooks/${webhookId}/entrypoints/${entrypointId}`, { verification });
  await verify({ type: "github", config: { secret: "not the sender's" } });
  const answer = await fetch(gateway.entrypointUrl(entrypointId), { method: "POST", body });
  if (answer.status !== 401) throw new Error(`an unsigned request was answered ${answer.status}`);
  await verify(null);
  return api.waitForRejected(webhookId);
}

/** Values for the parameters of registered routes. */
export function idsOf(inUse: WebhookInUse): Ids {
  const { webhookId, entrypointId, targetId, eventId, resultId, replayId, rejectedId } = inUse;
  return {
    id: webhookId,
    webhook_id: webhookId,
    entrypointId,
    entrypoint_id: entrypointId,
    targetId,
    target_id: targetId,
    eventId,
    event_id: eventId,
    resultId,
    result_id: resultId,
    replayId,
    replay_id: replayId,
    rejectedId,
    rejected_id: rejectedId,
    // A chapter of the manual, which is the same for everybody.
    chapter: "configuration",
  };
}

/** Has a target fail for good, and polls for the problem that this is, which is written within a second. */
export async function makeProblem(gateway: Gateway, api: ApiClient): Promise<string> {
  const setup = await api.setUpWebhook([
    { type: "http", config: { url: `http://127.0.0.1:${freePort()}/` }, max_attempts: 1 },
  ]);
  await (await fetch(gateway.entrypointUrl(setup.entrypointId), { method: "POST", body: "x" })).arrayBuffer();
  return until(async () => {
    const answer = await api.request("GET", `/problems?webhook_id=${setup.webhookId}`);
    const { data } = z.object({ data: z.array(z.object({ id: z.string() })) }).parse(await answer.json());
    return data[0]?.id ?? null;
  });
}

/** Ids that nothing has: a webhook's own members, invitations and links are made where they are needed. */
const OF_NOBODY = ["invitationId", "invitation_id", "memberId", "member_id", "linkId", "link_id", "user_id"];

/**
 * Reads ids off the administrator's pages: of a key, another browser's session, another user, and a filter of the
 * webhook's log, which is saved for it.
 */
export async function ownIdsOf(gateway: Gateway, person: Person, webhookId: string): Promise<Ids> {
  const { cookie } = person;
  const textAt = (path: string) => textOf(gateway, path, cookie);
  const [profile, users] = await Promise.all([textAt("/profile"), textAt("/admin/users")]);
  const keyId = find(profile, /\/profile\/api-keys\/([^/"]+)\/revoke/);
  return {
    passkeyId: await addPasskey(
      { url: gateway.origin, origin: gateway.origin.replace("127.0.0.1", "localhost") },
      cookie,
    ),
    identityId: addIdentity(gateway, person.username),
    ...(await saveOwn(gateway, person, webhookId)),
    keyId,
    key_id: keyId,
    sessionId: find(profile, /\/profile\/sessions\/([^/"]+)\/end"/),
    userId: find(users, /\/admin\/users\/([^/"]+)\/password/),
    ...(await addToServer(gateway, person)),
    ...Object.fromEntries(OF_NOBODY.map((name) => [name, crypto.randomUUID()])),
  };
}

/** Saves a filter of the log and a statement of SQL, and returns their ids. */
export async function saveOwn(gateway: Gateway, { cookie }: Person, webhookId: string): Promise<Ids> {
  async function save(what: string, form: Record<string, string>): Promise<string> {
    const init = { method: "POST", headers: { cookie, "sec-fetch-site": "same-origin" } };
    const body = new URLSearchParams({ name: "Mine", ...form });
    const saved = await fetch(`${gateway.origin}/source/${webhookId}/${what}`, { ...init, body });
    return find(await saved.text(), new RegExp(`/${what}/([^/"]+)/delete`));
  }
  const filterId = await save("filters", { query: "status=failed" });
  return { filterId, queryId: await save("queries", { sql: "SELECT 1" }) };
}

/** Adds an event type to the person's catalogue, for the routes about one. */
async function addEventType(gateway: Gateway, { cookie }: Person): Promise<Ids> {
  const headers = { cookie, "sec-fetch-site": "same-origin" };
  const body = new URLSearchParams({ name: `type-${freePort()}` });
  const added = await fetch(`${gateway.origin}/event-types`, { method: "POST", headers, body });
  const typeId = find(await added.text(), /\/event-types\/([0-9a-f-]{36})/);
  return { typeId, event_type_id: typeId };
}

/** Adds a team, a service account and an event type, for the routes about one. */
export async function addToServer(gateway: Gateway, person: Person): Promise<Ids> {
  const { cookie } = person;
  const headers = { cookie, "sec-fetch-site": "same-origin" };
  const post = { method: "POST", headers, redirect: "manual" } as const;
  const answer = await fetch(`${gateway.origin}/admin/users`, {
    ...post,
    body: new URLSearchParams({ username: `robot-${freePort()}`, role: "service" }),
  });
  const location = answer.headers.get("location") ?? "";
  const serviceId = find(location, /service-accounts\/([^/]+)\/api-keys/);
  const body = new URLSearchParams({ name: `Team ${freePort()}` });
  const team = await fetch(`${gateway.origin}/admin/teams`, { ...post, body });
  const teamId = find(team.headers.get("location") ?? "", /teams\/([^/?]+)/);
  return { serviceId, teamId, team_id: teamId, ...(await addEventType(gateway, person)) };
}

async function textOf(gateway: Gateway, path: string, cookie: string): Promise<string> {
  const answer = await fetch(gateway.origin + path, { headers: { cookie } });
  return answer.text();
}

function find(text: string, pattern: RegExp): string {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`no page shows ${pattern}`);
  return found;
}
