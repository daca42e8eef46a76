/** A portal session against every registered route: it reaches the pages of its own link, and nothing else. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { newId } from "../../src/lib/ids.ts";
import { addressOf } from "../support/registered-routes.ts";
import { nameOf, ruleOf } from "../support/route-rules.ts";
import { startTestApp, type TestApp } from "../support/test-app.ts";

let app: TestApp;
let owner: string;

beforeAll(async () => {
  app = await startTestApp({ METRICS_USERNAME: "m", METRICS_PASSWORD: "only for this test" });
  owner = await app.addUser("owner");
});
afterAll(() => app.stop());

async function share() {
  const { useCases } = app.parts;
  const { id: webhookId } = await useCases.webhooks.create({ userId: owner, input: { name: "Shop" } });
  const of = { userId: owner, webhookId };
  const entrypoint = await useCases.entrypoints.create({ ...of, input: {} });
  const target = await useCases.targets.create({ ...of, input: { name: "Log", type: "log" } });
  const { token } = await useCases.portals.createLink({ ...of, input: {} });
  const answer = await fetch(`${app.server.url}/portal/open?token=${token}`, { redirect: "manual" });
  const [cookie = ""] = answer.headers.getSetCookie();
  const linkId = answer.headers.get("location")?.split("/").at(-1) ?? "";
  return {
    linkId,
    webhookId,
    entrypointId: entrypoint.id,
    targetId: target.id,
    cookie: cookie.split(";")[0] ?? "",
  };
}

test("it reaches no route outside its own link, whatever its cookie is sent with", async () => {
  const [own, other] = [await share(), await share()];
  const wrong: string[] = [];
  for (const { method, path } of app.app.routes) {
    const rule = ruleOf({ method, path });
    const isOwn = path.startsWith("/portal/:linkId");
    if (rule === "open" || path.includes("*") || method === "ALL") continue;
    const names = [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => [name, newId()]);
    const { webhookId, targetId, entrypointId } = own;
    const known = { id: webhookId, webhook_id: webhookId, targetId, target_id: targetId, entrypointId };
    const ids = { ...Object.fromEntries(names), ...known, linkId: other.linkId };
    const [, token = ""] = own.cookie.split("=");
    const answer = await fetch(app.server.url + addressOf(path, ids), {
      method,
      redirect: "manual",
      headers: {
        cookie: `${own.cookie}; webhooker_session=${token}`,
        authorization: `Bearer ${token}`,
        "sec-fetch-site": "same-origin",
        ...(path.startsWith("/api/") ? { "content-type": "application/json" } : { accept: "text/html" }),
      },
      ...(method !== "GET" &&
        method !== "DELETE" && { body: path.startsWith("/api/") ? "{}" : new URLSearchParams() }),
    });
    await answer.body?.cancel();
    const toSignIn =
      answer.status === 303 && answer.headers.get("location")?.startsWith("/pages/login") === true;
    const isRefused =
      isOwn || path === "/portal/open" ? answer.status === 404 : answer.status === 401 || toSignIn;
    if (!isRefused)
      wrong.push(`${nameOf({ method, path })}: ${answer.status} ${answer.headers.get("location")}`);
  }
  expect(wrong).toEqual([]);
  const home = await fetch(`${app.server.url}/portal/${own.linkId}`, { headers: { cookie: own.cookie } });
  expect(home.status).toBe(200);
});
