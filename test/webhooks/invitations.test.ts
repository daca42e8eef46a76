import { afterEach, beforeEach, expect, test } from "bun:test";
import { newId } from "../../src/lib/ids.ts";
import { createInvitations, type Invitations } from "../../src/webhooks/people/invitations/invitations.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { appErrorOf } from "../support/thrown.ts";
import { createTestUseCases, type TestUseCases } from "../support/use-cases.ts";

let all: TestUseCases;
let place: { userId: string; webhookId: string };
let takesPasswords: boolean;
let invitations: Invitations;

beforeEach(async () => {
  all = createTestUseCases();
  takesPasswords = true;
  const { mainDb, clock } = all;
  const { id: webhookId } = await all.useCases.webhooks.create({ userId: all.ada, input: { name: "Shop" } });
  place = { userId: all.ada, webhookId };
  invitations = createInvitations({
    mainDb,
    clock,
    log: createRecordingLog().log,
    newId,
    baseUrl: "https://hooks.example",
    allowed: "owners",
    takesPasswords: () => takesPasswords,
    sendMail: null,
    waitToMail: () => 0,
    async createUser({ username }, alsoDo) {
      const { id } = all.addUser({ username });
      alsoDo(id);
      return { id, username };
    },
  });
});

afterEach(() => all.dispose());

const invite = async (role: string) =>
  (await invitations.create({ ...place, input: { role } })).link?.split("token=")[1] ?? "";
const roleOf = async (userId: string) => (await all.useCases.webhooks.get({ ...place, userId })).role;

test("creates no account where passwords do not sign in, and shares with one that exists", async () => {
  const token = await invite("editor");
  takesPasswords = false;
  const asNew = { token, username: "dora", password: "seven-green-bottles" };
  expect((await appErrorOf(() => invitations.acceptAsNew(asNew))).kind).toBe("gone");
  expect(invitations.find(token)?.takesNew).toBe(false);
  await invitations.acceptAs({ token, userId: all.bob });
  expect(await roleOf(all.bob)).toBe("editor");
});

test("gives the owner of the webhook no role beside", async () => {
  await invitations.acceptAs({ token: await invite("viewer"), userId: all.ada });
  expect(all.mainDb.members.list(place.webhookId)).toEqual([]);
});

test("stores no token, and a database that is stolen opens no link", async () => {
  const token = await invite("viewer");
  const [row] = all.mainDb.invitations.list(place.webhookId);
  expect(JSON.stringify(row)).not.toContain(token);
  expect(invitations.find(row?.tokenHash ?? "")).toBeNull();
});

test("has a limit for each webhook, and goes with it", async () => {
  for (let count = 0; count < 100; count++) await invite("viewer");
  expect((await appErrorOf(() => invite("viewer"))).code).toBe("too_many_invitations");
  await all.useCases.webhooks.remove(place);
  expect(all.mainDb.invitations.list(place.webhookId)).toEqual([]);
});
