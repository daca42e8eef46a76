/** Portal links in the API: a webhook's live ones, and each of them revoked. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { z } from "zod";
import { BOB_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";

let api: TestApi;
let path: string;
beforeEach(async () => {
  api = await startTestApi();
  path = `/webhooks/${api.webhook.id}/portal-links`;
});
afterEach(() => api.stop());

const made = z.object({ id: z.string(), url: z.string() });
const listed = z.object({ data: z.array(z.object({ id: z.string(), state: z.string() }).loose()) });

async function make(json: unknown = {}) {
  return made.parse((await api.call("POST", path, { json })).body);
}
const list = async () => listed.parse((await api.call("GET", path)).body).data;
const open = ({ url }: { url: string }) =>
  fetch(`${api.server.url}/portal/open${new URL(url).search}`, { redirect: "manual" });
const states = async () => (await list()).map(({ id, state }) => [id, state]);

test("the list has every link that is not over, the newest first, and no token", async () => {
  const first = await make({ expires_in: 60 });
  api.clock.advance(1_000);
  const second = await make({ target_types: ["http", "log"] });
  await open(second);
  const answer = await api.call("GET", path);
  expect(answer.body).toEqual({
    data: [
      {
        id: second.id,
        webhook_id: api.webhook.id,
        state: "open",
        target_types: ["http", "log"],
        created_by: "ada",
        created_at: "2026-01-01T00:00:01.000Z",
        expires_at: "2026-01-01T01:00:01.000Z",
      },
      expect.objectContaining({ id: first.id, state: "unopened", target_types: ["http"] }),
    ],
    next_cursor: null,
  });
  expect(answer.text).not.toContain(new URL(second.url).searchParams.get("token") ?? "");
  api.clock.advance(60_000);
  expect(await states()).toEqual([[second.id, "open"]]);
});

test("a link is revoked with its session, once, and no other is", async () => {
  const [one, other] = [await make(), await make()];
  const opened = await open(one);
  const cookie = opened.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  const home = () =>
    fetch(`${api.server.url}${opened.headers.get("location")}`, { headers: { cookie, accept: "text/html" } });
  expect((await home()).status).toBe(200);
  expect((await api.call("DELETE", `${path}/${one.id}`)).status).toBe(204);
  expect((await home()).status).toBe(404);
  expect(await states()).toEqual([[other.id, "unopened"]]);
  expect((await api.call("DELETE", `${path}/${one.id}`)).status).toBe(404);
  const [entry] = api.mainDb.audit.search({ action: "portal_link.revoke", readerId: null, limit: 5 }).entries;
  expect(entry).toMatchObject({ object_id: one.id, webhook_id: api.webhook.id, user_id: api.ada });
});

test("neither is for a link of another webhook, nor for members who may not edit", async () => {
  const { id } = await make();
  const other = await api.useCases.webhooks.create({ userId: api.ada, input: { name: "Other" } });
  expect((await api.call("DELETE", `/webhooks/${other.id}/portal-links/${id}`)).status).toBe(404);
  await api.useCases.members.add({ ...api.of, input: { username: "bob", role: "replayer" } });
  const asBob = { token: BOB_TOKEN };
  expect((await api.call("GET", path, asBob)).status).toBe(403);
  expect((await api.call("DELETE", `${path}/${id}`, asBob)).status).toBe(403);
  expect(await states()).toEqual([[id, "unopened"]]);
});
