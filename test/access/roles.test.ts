/** Every registered route, on pages and in the API, against everybody who could ask. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { newId } from "../../src/lib/ids.ts";
import { includesRole, WEBHOOK_ROLES, type WebhookRole } from "../../src/webhooks/people/roles.ts";
import { addressOf, type RegisteredRoute } from "../support/registered-routes.ts";
import { nameOf, type Rule, ruleOf, strayRules } from "../support/route-rules.ts";
import { startTestApp, type TestApp } from "../support/test-app.ts";

type Asker = "nobody" | "stranger" | "admin" | WebhookRole;
const ASKERS: readonly Asker[] = ["nobody", "stranger", "admin", ...WEBHOOK_ROLES];

let app: TestApp;
let routes: readonly RegisteredRoute[];
let askers: ReadonlyMap<Asker, Readonly<{ id: string; token: string; cookie: string }>>;

beforeAll(async () => {
  app = await startTestApp({
    METRICS_USERNAME: "m",
    METRICS_PASSWORD: "only for this test",
    // Without a provider its routes are not found; this one is not asked.
    OIDC_ISSUER: "https://127.0.0.1:1",
    OIDC_CLIENT_ID: "webhooker",
    OIDC_CLIENT_SECRET: "s",
    OIDC_ALLOWED_DOMAINS: "any",
    OIDC_ALLOWED_CIDRS: "none",
  });
  routes = app.app.routes.map(({ method, path }) => ({ method, path }));
  const people = await Promise.all(
    ASKERS.filter((asker) => asker !== "nobody").map(async (asker) => {
      const id = await app.addUser(asker, asker === "admin" ? "admin" : "user");
      const { token } = app.parts.apiKeys.create({ userId: id, name: "test" });
      return [asker, { id, token, cookie: await app.cookieOf(id) }] as const;
    }),
  );
  askers = new Map(people);
});

afterAll(() => app.stop());

const isApi = ({ path }: RegisteredRoute) => path.startsWith("/api/");

/** Bodies that are valid, by the method and the end of the path: a fault of the body would hide what is tested. */
const BODIES: readonly (readonly [end: string, body: unknown])[] = [
  ["/events", { entrypoint_id: "x" }],
  ["/events/batch", { events: [{ type: "x", data: 1 }] }],
  ["/targets", { name: "taken", type: "log" }],
  ["/replays", { filter: {} }],
  ["/verification/test", { verification: { type: "bearer", config: {} } }],
  ["/:webhook_id/invitations", { role: "viewer" }],
  ["/members", { username: "stranger", role: "viewer" }],
  ["/:member_id", { role: "viewer" }],
  ["/transfer", { username: "stranger" }],
  ["/teams", { name: "Support" }],
  ["/:team_id", { name: "Support" }],
  ["/users", { username: "stranger" }],
  ["/query", { sql: "SELECT 1" }],
];

function ask(route: RegisteredRoute, asker: Asker, webhookId: string): Promise<Response> {
  const person = askers.get(asker);
  const others = [...route.path.matchAll(/:(\w+)/g)].map(([, name = ""]) => [name, newId()]);
  const ids = { ...Object.fromEntries(others), "*": "x", id: webhookId, webhook_id: webhookId };
  const body = bodyFor(route);
  const headers = isApi(route)
    ? { "content-type": "application/json", ...(person && { authorization: `Bearer ${person.token}` }) }
    : { accept: "text/html", "sec-fetch-site": "same-origin", ...(person && { cookie: person.cookie }) };
  return fetch(app.server.url + addressOf(route.path, ids), {
    method: route.method,
    headers,
    redirect: "manual",
    ...(body !== null && { body }),
  });
}

function bodyFor(route: RegisteredRoute): string | URLSearchParams | null {
  if (route.method === "GET" || route.method === "DELETE") return null;
  if (!isApi(route)) return new URLSearchParams({ name: "taken" });
  const [, body = {}] = BODIES.find(([end]) => route.path.endsWith(end)) ?? [];
  return JSON.stringify(body);
}

/** A webhook of the owner with a member of each other role: the viewer by a team, the others directly. */
async function share(): Promise<string> {
  const { useCases } = app.parts;
  const idOf = (asker: Asker) => askers.get(asker)?.id ?? "";
  const of = { userId: idOf("owner") };
  const { id: webhookId } = await useCases.webhooks.create({ ...of, input: { name: "Shop" } });
  const [team = await addTeam()] = await useCases.teams.list({ userId: idOf("admin") });
  await useCases.members.add({ ...of, webhookId, input: { team: team.name, role: "viewer" } });
  for (const role of ["replayer", "editor"]) {
    await useCases.members.add({ ...of, webhookId, input: { username: role, role } });
  }
  return webhookId;
}

async function addTeam() {
  const { teams } = app.parts.useCases;
  const admin = askers.get("admin")?.id ?? "";
  const team = await teams.create({ userId: admin, input: { name: "Readers" } });
  return teams.addUser({ userId: admin, teamId: team.id, input: { username: "viewer" } });
}

type Seen = "sign in" | "forbidden" | "not found" | "allowed" | "failed";

/** Reads an answer. Within a webhook, a 404 for a part that does not exist is given to those who are allowed. */
async function seen(route: RegisteredRoute, answer: Response): Promise<Seen> {
  const { status, headers } = answer;
  const isStream = headers.get("content-type")?.startsWith("text/event-stream") === true;
  const text = isStream ? "" : await answer.text();
  if (isStream) await answer.body?.cancel();
  const toSignIn = status === 303 && headers.get("location")?.startsWith("/pages/login") === true;
  if (status === 401 || toSignIn) return "sign in";
  if (status === 403) return "forbidden";
  const isInWebhook = /^\/(?:source|api\/v1\/webhooks)\/:/.test(route.path);
  if (status === 404 && (!isInWebhook || text.includes("No such webhook."))) return "not found";
  return status >= 500 ? "failed" : "allowed";
}

function expected(rule: Rule, asker: Asker): Seen {
  if (rule === "open") return "allowed";
  if (rule === "portal") return "not found";
  if (asker === "nobody" || rule === "operators") return "sign in";
  if (rule === "own") return "allowed";
  if (rule === "admin") return asker === "admin" ? "allowed" : "forbidden";
  // None of the askers has the object whose id is made up.
  if (rule === "owned" || rule === "unknown") return "not found";
  if (asker === "stranger" || asker === "admin") return "not found";
  return includesRole(asker, rule) ? "allowed" : "forbidden";
}

/** Routes about something that is made up here, or that lead everybody to the sign-in page. */
const NOT_ASKED =
  /^(?:(?:GET|POST) \/admin\/.*:|POST \/admin\/server\/mail$|[A-Z]+ \/webhook\/|GET \/docs\/:|GET \/$|POST \/pages\/logout$|(?:GET|POST) \/pages\/login\/(?:code|passkey|oidc|oidc\/callback)$|ALL )/;
/** These take everybody's access away, or the asker's. */
const ENDS_ACCESS =
  /^(?:DELETE \/api\/v1\/webhooks\/:webhook_id|POST .*\/(?:leave|transfer)|POST \/source\/:id\/delete)$/;

describe("every registered route", () => {
  test("is in the table of rules, and every rule is of a registered route", () => {
    expect(routes.filter((route) => ruleOf(route) === "unknown").map(nameOf)).toEqual([]);
    expect(strayRules(routes)).toEqual([]);
  });

  test.each(ASKERS)("answers %s as the table says", async (asker) => {
    const shared = await share();
    const wrong: string[] = [];
    for (const route of routes.filter((each) => !NOT_ASKED.test(nameOf(each)))) {
      const answer = await ask(route, asker, ENDS_ACCESS.test(nameOf(route)) ? await share() : shared);
      const [want, got] = [expected(ruleOf(route), asker), await seen(route, answer)];
      if (want !== got) wrong.push(`${nameOf(route)}: ${want} expected, ${got} seen (${answer.status})`);
    }
    expect(wrong).toEqual([]);
  });
});
