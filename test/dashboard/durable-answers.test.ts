/** Whatever a page reports is on disk, although commits of the main database are not synced one by one. */
import { afterEach, beforeEach, expect, mock, test } from "bun:test";
import { gate } from "../storage/storage-world.ts";
import { PASSWORD, startTestDashboard, type TestDashboard } from "../support/test-dashboard.ts";

const sync = mock(async () => {});

let dashboard: TestDashboard;

beforeEach(async () => {
  const mainDbUpkeep = {
    sync,
    restartWal: async () => {},
    checkpoint: async () => {},
    stop: () => undefined,
  };
  dashboard = await startTestDashboard({}, { mainDbUpkeep });
});

afterEach(() => dashboard.stop());

const signIn = () =>
  dashboard.ask("/pages/login", { form: { username: "carol", password: PASSWORD }, method: "POST" });

test("a sign-in response is sent once the session is synced", async () => {
  const { passed, open } = gate();
  const begun = Promise.withResolvers<void>();
  sync.mockImplementationOnce(() => {
    begun.resolve();
    return passed;
  });
  let isAnswered = false;
  const answer = signIn().finally(() => {
    isAnswered = true;
  });
  await begun.promise;
  // Responses that wait for nothing are sent meanwhile.
  expect((await dashboard.ask("/nowhere")).status).toBe(404);
  expect(isAnswered).toBe(false);
  open();
  expect((await answer).status).toBe(303);
});

test("nobody is signed in if the session could not be synced, and the page says why", async () => {
  sync.mockRejectedValueOnce(new Error("EIO"));
  const answer = await signIn();
  expect(answer.status).toBe(503);
  expect(answer.headers.get("set-cookie")).toBeNull();
  expect(await answer.text()).toContain("main database cannot be synced");
});

test("pages that change nothing are not synced", async () => {
  const cookie = await dashboard.signIn("carol");
  sync.mockClear();
  for (const path of ["/sources", "/sources/new", "/sources"]) {
    expect((await dashboard.ask(path, { cookie })).status).toBe(200);
  }
  expect(sync).not.toHaveBeenCalled();
});
