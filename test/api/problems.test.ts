import { afterAll, beforeAll, expect, test } from "bun:test";
import { BOB_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

test("problems are listed page by page, filtered by state, and acknowledged by their owner", async () => {
  const of = { webhookId: api.webhook.id, targetId: api.target.id };
  api.notices.circuitOpened({ ...of, reason: "10 consecutive attempts failed." });
  api.clock.advance(1_000);
  api.notices.targetGivenUp({ ...of, reason: "Gave up." });
  api.notices.flush();

  const list = (query: string, token?: string) =>
    api.call("GET", `/problems${query}`, token ? { token } : {});
  const first = await list("?limit=1");
  expect(first).toMatchObject({
    status: 200,
    body: {
      data: [
        {
          webhook_id: of.webhookId,
          kind: "target_failing",
          target_id: of.targetId,
          entrypoint_id: null,
          over_at: null,
          detail: "Gave up.",
          waiting_deliveries: 1,
          acknowledgement: null,
        },
      ],
    },
  });
  const [, cursor] = /"next_cursor":"([^"]+)"/.exec(first.text) ?? [];
  expect((await list(`?limit=1&cursor=${cursor}`)).body).toMatchObject({
    data: [{ kind: "target_circuit_open" }],
    next_cursor: null,
  });
  expect((await list("", BOB_TOKEN)).body).toEqual({ data: [], next_cursor: null });
  expect((await list(`?webhook_id=${of.webhookId}`, BOB_TOKEN)).status).toBe(404);
  for (const query of ["?state=none", "?limit=0", "?cursor=x", "?colour=red"]) {
    expect([query, (await list(query)).status]).toEqual([query, 422]);
  }

  const [, id] = /"id":"([^"]+)"/.exec(first.text) ?? [];
  const path = `/problems/${id}/acknowledge`;
  expect((await api.call("POST", path, { token: BOB_TOKEN, json: {} })).status).toBe(404);
  expect((await api.call("POST", path, { json: { note: "x".repeat(501) } })).status).toBe(422);
  expect(await api.call("POST", path, { json: { note: " The bank is told. " } })).toMatchObject({
    status: 200,
    body: { id, acknowledgement: { by: "ada", note: "The bank is told." } },
  });
  expect((await list("?state=unacknowledged")).text).not.toContain(`${id}`);
  expect((await list("?state=open")).text).toContain(`${id}`);
  expect((await list("?state=over")).body).toEqual({ data: [], next_cursor: null });
});
