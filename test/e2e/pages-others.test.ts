import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { z } from "zod";
import type { Gateway } from "../support/gateway.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { addressOf, listRegisteredRoutes, type RegisteredRoute } from "../support/registered-routes.ts";
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
  saveFilter,
  signIn,
  startSite,
  type WebhookInUse,
} from "../support/site.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

/** Public routes. A route in none of these lists must belong to somebody. */
const OPEN = [
  /^GET \/$/,
  /^(GET|POST) \/pages\/(login(\/code|\/passkey)?|first-sign-in)$/,
  /^POST \/pages\/logout$/,
  /^GET \/assets\//,
  /^(GET|POST) \/pages\/first-sign-in$/,
  /^GET \/docs(\/:chapter)?$/,
  /^GET \/(\.well-known\/healthcheck|livez|readyz)$/,
  /^[A-Z]+ \/webhook\/:entrypointId(\/\*)?$/,
  /^GET \/api\/v1\/openapi\.json$/,
];
/** Protected by a password of its own. */
const OPERATORS = [/^GET \/metrics$/];
/** Routes about the user who asks, without an id of anything. */
const OWN = new Set([
  ...["GET /sources", "GET /sources/new", "POST /sources/new", "GET /sources/import", "POST /sources/import"],
  ...["GET /find", "GET /profile", "POST /profile/password", "POST /profile/look"],
  "POST /profile/api-keys",
  ...["POST /profile/sessions/end-others", "GET /problems", "GET /api/v1/problems"],
  ...["GET /profile/second-factor", "POST /profile/second-factor"],
  ...["GET /profile/passkeys", "POST /profile/passkeys"],
  ...["POST /profile/second-factor/codes", "POST /profile/second-factor/off"],
  ...["GET /sources/live", "POST /profile/look"],
  ...["GET /profile/audit", "GET /profile/audit/download", "GET /api/v1/audit", "GET /api/v1/audit/export"],
  ...["GET /api/v1/me", "GET /api/v1/webhooks", "POST /api/v1/webhooks"],
  "POST /api/v1/webhooks/import",
  ...["GET /api/v1/api-keys", "POST /api/v1/api-keys"],
]);
const ADMIN = /^(GET|POST) \/admin(\/|$)/;

type Rule = "open" | "operators" | "own" | "admin" | "owned" | "unknown";

function ruleOf({ method, path }: RegisteredRoute): Rule {
  const name = `${method} ${path}`;
  if (OPEN.some((pattern) => pattern.test(name))) return "open";
  if (OPERATORS.some((pattern) => pattern.test(name))) return "operators";
  if (OWN.has(name)) return "own";
  if (ADMIN.test(name)) return "admin";
  return path.includes(":") ? "owned" : "unknown";
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
  ["/targets", { name: "taken", type: "log" }],
  ["/replays", { filter: {} }],
  ["/verification/test", { verification: { type: "bearer", config: {} } }],
];

/** A form that every one of its URLs accepts: its content is checked before its owner is. */
function bodyFor(route: RegisteredRoute, given: Ids): string | URLSearchParams | null {
  if (route.method === "GET" || route.method === "DELETE") return null;
  const { entrypointId = "" } = given;
  if (!isApi(route)) {
    return new URLSearchParams({ name: "taken", type: "log", method: "POST", entrypoint: entrypointId });
  }
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
  return routes.filter((route) => rules.includes(ruleOf(route)));
}

const nameOf = ({ method, path }: RegisteredRoute) => `${method} ${path}`;

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
  expect([...OWN].filter((name) => !routes.map(nameOf).includes(name))).toEqual([]);
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
    // A stream of a page goes on, and draws the same as the page.
    const pages = of("own").filter(({ method, path }) => method === "GET" && !path.endsWith("/live"));
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
      const given = route.method === "GET" ? ids : { ...ids, ...(await createAnother()) };
      const status = await statusOf(await ask(route, admin, given));
      if (status === 404 || status >= 500) wrong.push(`${nameOf(route)}: ${status}`);
    }
    expect(wrong).toEqual([]);
  });

  /** A webhook for requests that change or delete it. */
  async function createAnother(): Promise<Ids> {
    const setup = await gateway.api.setUpWebhook([{ type: "log" }]);
    const answer = await fetch(gateway.entrypointUrl(setup.entrypointId), { method: "POST", body: "x" });
    await answer.arrayBuffer();
    const eventId = answer.headers.get("x-webhooker-event-id") ?? "";
    const [targetId = ""] = setup.targetIds;
    const replayId = await gateway.api.createReplay(setup.webhookId);
    const rejectedId = await rejectOne(gateway, { api: gateway.api, setup, body: "unsigned" });
    const key = await gateway.api.request("POST", "/api-keys", { name: "another" });
    const { id: key_id } = z.object({ id: z.string() }).parse(await key.json());
    const made = idsOf({ ...setup, targetId, eventId, resultId: "", replayId, rejectedId });
    return { ...made, key_id, filterId: await saveFilter(gateway, admin, setup.webhookId) };
  }
});
