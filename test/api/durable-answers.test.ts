/** Changes are on disk before the API responds, although commits of the main database are not synced by themselves. */
import { afterEach, beforeEach, expect, mock, test } from "bun:test";
import { errorSchema } from "../../src/api/schema-parts.ts";
import { gate } from "../storage/storage-world.ts";
import { startTestApi, type TestApi } from "../support/test-api.ts";

const sync = mock(async () => {});
const restartWal = mock(async () => {});

let api: TestApi;

beforeEach(async () => {
  api = await startTestApi({
    mainDbUpkeep: { sync, restartWal, checkpoint: async () => {}, stop: () => undefined },
  });
  await api.call("GET", "/webhooks");
  sync.mockClear();
});

afterEach(() => api.stop());

/** Resolves once a sync has begun, which ends when it is released. */
function holdSync(): { begun: Promise<void>; open: () => void } {
  const { passed, open } = gate();
  const begun = Promise.withResolvers<void>();
  sync.mockImplementationOnce(() => {
    begun.resolve();
    return passed;
  });
  return { begun: begun.promise, open };
}

test("a change gets its response once it is synced", async () => {
  const { begun, open } = holdSync();
  let isAnswered = false;
  const answer = api.call("POST", "/webhooks", { json: { name: "Blog" } }).finally(() => {
    isAnswered = true;
  });
  await begun;
  // Other connections get responses meanwhile.
  expect((await fetch(`${api.server.url}/nowhere`)).status).toBe(404);
  expect(isAnswered).toBe(false);
  open();
  expect((await answer).status).toBe(201);
});

test("a change that could not be synced gives 503", async () => {
  sync.mockRejectedValueOnce(new Error("EIO"));
  const { status, body, headers } = await api.call("POST", "/webhooks", { json: { name: "Blog" } });
  expect(status).toBe(503);
  expect(errorSchema.parse(body).error.code).toBe("main_database_unavailable");
  expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  // The write-ahead log was checkpointed meanwhile.
  expect(restartWal).toHaveBeenCalledTimes(1);
  expect((await api.call("GET", "/webhooks")).status).toBe(200);
});

test("a read gets its response without a sync", async () => {
  for (const path of ["/webhooks", `/webhooks/${api.webhook.id}`, "/webhooks/nowhere"]) {
    await api.call("GET", path);
  }
  expect(sync).not.toHaveBeenCalled();
});

test("an import is delivered only once it is synced", async () => {
  const headers = { authorization: "Bearer whk_ada" };
  const exported = await fetch(`${api.server.url}/api/v1/webhooks/${api.webhook.id}/export`, { headers });
  const body = await exported.arrayBuffer();
  const { begun, open } = holdSync();
  const answer = api.call("POST", "/webhooks/import?secrets=leave_out", { init: { body } });
  await begun;
  expect(api.imported()).toEqual([]);
  open();
  expect((await answer).status).toBe(201);
  expect(api.imported()).toHaveLength(1);
});
