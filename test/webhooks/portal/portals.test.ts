/** The states of portal links, by those who made them. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createTestUseCases, type TestUseCases } from "../../support/use-cases.ts";

let all: TestUseCases;
let of: { userId: string; webhookId: string };

beforeEach(async () => {
  all = createTestUseCases();
  const { id: webhookId } = await all.useCases.webhooks.create({ userId: all.ada, input: { name: "Shop" } });
  of = { userId: all.ada, webhookId };
});
afterEach(() => all.dispose());

const states = async () =>
  (await all.useCases.portals.listLinks(of)).map(({ username, state }) => [username, state]);

test("a link is stopped while its maker is disabled, or no editor any more", async () => {
  const { members, portals } = all.useCases;
  const { id } = await members.add({ ...of, input: { username: "bob", role: "editor" } });
  const asMember = { ...of, memberId: id ?? "" };
  await portals.createLink({ ...of, userId: all.bob, input: {} });
  expect(await states()).toEqual([["bob", "unopened"]]);
  await members.setRole({ ...asMember, input: { role: "replayer" } });
  expect(await states()).toEqual([["bob", "stopped"]]);
  await members.setRole({ ...asMember, input: { role: "owner" } });
  expect(await states()).toEqual([["bob", "unopened"]]);
  all.mainDb.users.setDisabledAt({ id: all.bob, disabledAt: 1, at: 1 });
  expect(await states()).toEqual([["bob", "stopped"]]);
  all.mainDb.users.setDisabledAt({ id: all.bob, disabledAt: null, at: 1 });
  await members.remove(asMember);
  expect(await states()).toEqual([["bob", "stopped"]]);
});

test("the look of a webhook's portals is its owner's, also for its editors", async () => {
  const { members, portals, webhooks } = all.useCases;
  await portals.setSettings({ userId: all.ada, input: { name: "Ada’s" } });
  await portals.setSettings({ userId: all.bob, input: { name: "Bob’s" } });
  await members.add({ ...of, input: { username: "bob", role: "editor" } });
  const asBob = { ...of, userId: all.bob };
  expect((await portals.settingsIn(asBob)).name).toBe("Ada’s");
  await members.transfer({ ...of, input: { username: "bob" } });
  expect((await webhooks.get(asBob)).ownerId).toBe(all.bob);
  expect((await portals.settingsIn(of)).name).toBe("Bob’s");
});
