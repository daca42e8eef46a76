import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { z } from "zod";
import { WEBHOOK_ROLES } from "../../src/webhooks/people/roles.ts";
import type { Gateway } from "../support/gateway.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { addressOf, listRegisteredRoutes, type RegisteredRoute } from "../support/registered-routes.ts";
import { nameOf, type Rule, ruleOf, strayRules } from "../support/route-rules.ts";
import {
  addPerson,
  administrator,
  apiOf,
  createWebhookInUse,
  type Ids,
  idsOf,
  makeProblem,
  ownIdsOf,
  type Person,
  rejectOne,
  saveOwn,
  signIn,
  startSite,
  type WebhookInUse,
} from "../support/site.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

const madeSchema = z.object({
  id: z.string(),
  users: z.array(z.object({ id: z.string() })).optional(),
});

/** Returns the owner of a route; roles within a webhook do not matter to strangers. */
function ownerOf(route: RegisteredRoute): Rule {
  const rule = ruleOf(route);
  return isRole(rule) ? "owned" : rule;
}

function isRole(rule: Rule): boolean {
  return WEBHOOK_ROLES.some((role) => role === rule);
}

let gateway: Gateway;
let receiver: Receiver;
let routes: readonly RegisteredRoute[];
let admin: Person;
let bob: Person;
let inUse: WebhookInUse;
let ids: Ids;

beforeAll(async () => {
  [gateway, receiver, routes] = await Promise.all([
    startSite(),
    startReceiver({ script: { body: "thank you" } }),
    listRegisteredRoutes(),
  ]);
  admin = await administrator(gateway);
  // Another browser of the same user, whose session somebody could try to end.
  await signIn(gateway, admin);
  await addPerson(gateway, "abel");
  inUse = await createWebhookInUse(gateway, { api: apiOf(gateway, admin), receiver });
  const problemId = await makeProblem(gateway, apiOf(gateway, admin));
  const own = await ownIdsOf(gateway, admin, inUse.webhookId);
  ids = { ...idsOf(inUse), ...own, problemId, problem_id: problemId };
  bob = await addPerson(gateway, "bob");
});

afterAll(async () => {
  await gateway.remove();
  await receiver.close();
});

const isApi = ({ path }: RegisteredRoute) => path.startsWith("/api/");

const BODIES: readonly (readonly [end: string, body: unknown])[] = [
  ["/events/batch", { events: [{ type: "taken", data: 1 }] }],
  ["/teams", { name: "taken" }],
  ["/:webhook_id/invitations", { role: "viewer" }],
  ["/members", { username: "bob", role: "owner" }],
  ["/:member_id", { role: "owner" }],
  ["/transfer", { username: "bob" }],
  ["/users", { username: "bob" }],
  ["/:team_id", { name: "taken" }],
  ["/targets", { name: "taken", type: "log" }],
  ["/replays", { filter: {} }],
  ["/query", { sql: "SELECT 1" }],
  ["/verification/test", { verification: { type: "bearer", config: {} } }],
];

/** A form that every one of its URLs accepts: its content is checked before its owner is. */
function bodyFor(route: RegisteredRoute, { entrypointId = "" }: Ids): string | URLSearchParams | null {
  if (route.method === "GET" || route.method === "DELETE") return null;
  if (!isApi(route))
    return new URLSearchParams({
      name: "taken",
      type: "log",
      entrypoint: entrypointId,
      method: "POST",
      body: "x",
    });
  if (route.path.endsWith("/events")) return JSON.stringify({ entrypoint_id: entrypointId });
  const [, body = {}] = BODIES.find(([end]) => route.path.endsWith(end)) ?? [];
  return JSON.stringify(body);
}

/** Requests as a browser on the dashboard's own page, or as a program. */
function ask(route: RegisteredRoute, person: Person | null, given: Ids = ids): Promise<Response> {
  const headers = isApi(route)
    ? { "content-type": "application/json", ...(person && { authorization: `Bearer ${person.key}` }) }
    : { accept: "text/html", "sec-fetch-site": "same-origin", ...(person && { cookie: person.cookie }) };
  const body = bodyFor(route, given);
  return fetch(gateway.origin + addressOf(route.path, given), {
    method: route.method,
    headers,
    redirect: "manual",
    ...(body !== null && { body }),
  });
}

async function statusOf(answer: Response): Promise<number> {
  // A live log continues as long as it is read.
  await answer.body?.cancel();
  return answer.status;
}

function of(...rules: readonly Rule[]): readonly RegisteredRoute[] {
  return routes.filter((route) => rules.includes(ownerOf(route)));
}

/** Requests one after the other and returns those with another status. */
async function exceptions(
  asked: readonly RegisteredRoute[],
  answer: (route: RegisteredRoute) => Promise<Response>,
  isRight: (status: number, route: RegisteredRoute, answer: Response) => boolean,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const route of asked) {
    const given = await answer(route);
    const status = await statusOf(given);
    if (!isRight(status, route, given)) wrong.push(`${nameOf(route)}: ${status}`);
  }
  return wrong;
}

/** Returns everything that the administrator has, as programs see it. */
async function snapshot(): Promise<unknown> {
  const path = `/webhooks/${inUse.webhookId}`;
  const paths = [
    "/webhooks",
    path,
    `${path}/entrypoints`,
    `${path}/targets`,
    `${path}/events/${inUse.eventId}`,
  ];
  return Promise.all(paths.map(async (each) => (await gateway.api.request("GET", each)).json()));
}

test("every registered route has a rule: public, the user's own, for administrators, or somebody's", () => {
  expect(of("unknown").map(nameOf)).toEqual([]);
  const count = (rule: Rule) => of(rule).length;
  expect(count("owned")).toBeGreaterThan(40);
  expect(count("admin")).toBeGreaterThan(5);
  expect(strayRules(routes)).toEqual([]);
});

describe("a client without a session", () => {
  test("is sent to sign in by every page, and refused by every route for programs", async () => {
    const wrong = await exceptions(
      of("own", "admin", "owned"),
      (route) => ask(route, null),
      (status, route, { headers }) =>
        isApi(route)
          ? status === 401
          : status === 303 && headers.get("location")?.startsWith("/pages/login") === true,
    );
    expect(wrong).toEqual([]);
  });
});

describe("a second user", () => {
  test("finds nothing of another user's on any URL, and changes nothing", async () => {
    const before = await snapshot();
    const wrong = await exceptions(
      of("owned"),
      (route) => ask(route, bob),
      (status) => status === 404,
    );
    expect(wrong).toEqual([]);
    expect(await snapshot()).toEqual(before);
  });

  test("finds nothing through a webhook and an event of their own either", async () => {
    const before = await snapshot();
    const api = apiOf(gateway, bob);
    const own = await createWebhookInUse(gateway, { api, receiver });
    const nested = of("owned").filter(({ path }) => path.split(":").length > 2);
    expect(nested.length).toBeGreaterThan(25);
    const webhook = { id: own.webhookId, webhook_id: own.webhookId };
    const throughWebhook = await exceptions(
      nested,
      (route) => ask(route, bob, { ...ids, ...webhook }),
      (status) => status === 404,
    );
    const throughEvent = await exceptions(
      nested.filter(({ path }) => path.split(":").length > 3),
      (route) => ask(route, bob, { ...ids, ...webhook, eventId: own.eventId, event_id: own.eventId }),
      (status) => status === 404,
    );
    expect([...throughWebhook, ...throughEvent]).toEqual([]);
    expect(await snapshot()).toEqual(before);
  });

  test("delivers nothing of their own to another user's target", async () => {
    const api = apiOf(gateway, bob);
    const own = await createWebhookInUse(gateway, { api, receiver });
    const received = receiver.requests.length;
    const path = `/webhooks/${own.webhookId}/events/${own.eventId}`;
    const answer = await api.request("POST", `${path}/replay`, { target_id: inUse.targetId });
    expect(answer.status).toBe(404);
    const page = await fetch(`${gateway.origin}/source/${own.webhookId}/events/${own.eventId}/replay`, {
      method: "POST",
      headers: { cookie: bob.cookie, "sec-fetch-site": "same-origin" },
      body: new URLSearchParams({ target_id: inUse.targetId }),
      redirect: "manual",
    });
    expect(page.status).toBe(404);
    const { deliveries } = await api.getEvent(own.webhookId, own.eventId);
    expect(deliveries.map(({ target_id }) => target_id)).toEqual([own.targetId]);
    expect(receiver.requests).toHaveLength(received);
  });

  test("sees no id and no name of it on their own pages and lists", async () => {
    // A stream of a page goes on, and draws the same. The audit log shows users the ids that they asked for themselves.
    const pages = of("own").filter(({ method, path }) => method === "GET" && !/\/live$|\/audit/.test(path));
    for (const route of pages) {
      const text = await (await ask(route, bob)).text();
      // A scope of API keys has the administrator's name.
      const name = route.path === "/profile" ? [] : ["admin"];
      const secrets = [...new Set(Object.values(ids)), ...name];
      expect([nameOf(route), secrets.filter((id) => text.includes(id))]).toEqual([nameOf(route), []]);
    }
  });

  test("is refused at administrators' routes", async () => {
    const wrong = await exceptions(
      of("admin"),
      (route) => ask(route, bob),
      (status) => status === 403,
    );
    expect(wrong).toEqual([]);
  });
});

describe("the owner", () => {
  // Otherwise a 404 above could have any cause.
  test("reaches each of these URLs", async () => {
    const wrong: string[] = [];
    for (const route of of("owned")) {
      const given = route.method === "GET" ? ids : { ...ids, ...(await createAnother(route)) };
      const status = await statusOf(await ask(route, admin, given));
      if (status === 404 || status >= 500) wrong.push(`${nameOf(route)}: ${status}`);
    }
    expect(wrong).toEqual([]);
  });

  /** A webhook for requests that change or delete it. */
  async function createAnother({ path: asked }: RegisteredRoute): Promise<Ids> {
    const setup = await gateway.api.setUpWebhook([{ type: "log" }]);
    const answer = await fetch(gateway.entrypointUrl(setup.entrypointId), { method: "POST", body: "x" });
    await answer.arrayBuffer();
    const eventId = answer.headers.get("x-webhooker-event-id") ?? "";
    const [targetId = ""] = setup.targetIds;
    const replayId = await gateway.api.createReplay(setup.webhookId);
    const rejectedId = await rejectOne(gateway, { api: gateway.api, setup, body: "unsigned" });
    const make = async (path: string, body: unknown) =>
      madeSchema.parse(await (await gateway.api.request("POST", path, body)).json());
    const { id: key_id } = await make("/api-keys", { name: "another" });
    const { id: member_id } = await make(`/webhooks/${setup.webhookId}/members`, {
      username: "bob",
      role: "viewer",
    });
    const place = asked.startsWith("/api/v1/invitations") ? "" : `/webhooks/${setup.webhookId}`;
    const role = place === "" ? "user" : "viewer";
    const { id: invitation_id } = await make(`${place}/invitations`, { role });
    const { id: team_id } = await make("/teams", { name: `Team of ${setup.webhookId}` });
    const { users = [] } = await make(`/teams/${team_id}/users`, { username: "bob" });
    const made = idsOf({ ...setup, targetId, eventId, resultId: "", replayId, rejectedId });
    const own = await saveOwn(gateway, admin, setup.webhookId);
    const people = { member_id, memberId: member_id, team_id, user_id: users[0]?.id ?? "" };
    const invited = { invitation_id, invitationId: invitation_id };
    const { id: link_id } = await make(`/webhooks/${setup.webhookId}/portal-links`, {});
    const linked = { link_id, linkId: link_id };
    const { id: typeId } = await make("/event-types", { name: setup.webhookId });
    return { ...made, key_id, ...own, ...people, ...invited, ...linked, typeId, event_type_id: typeId };
  }
});
