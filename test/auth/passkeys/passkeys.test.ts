/** Passkeys are taken from the right device, site and user only, and each answer once. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createPasskeys, type DeviceQuestion, type Passkeys } from "../../../src/auth/passkeys/passkeys.ts";
import { createKeyRing } from "../../../src/lib/crypto.ts";
import { createTestMainDb, type TestMainDb } from "../../support/main-db.ts";
import { createVirtualDevice } from "../../support/virtual-device.ts";

const SITE = { origin: "https://hooks.example.com", rpId: "hooks.example.com" };
const KEYS = createKeyRing(new Uint8Array(32).fill(1));

let db: TestMainDb;
let passkeys: Passkeys;
let ada: { id: string; username: string };
let device: ReturnType<typeof createVirtualDevice>;

beforeEach(() => {
  db = createTestMainDb();
  passkeys = create();
  ada = db.addUser({ username: "ada" });
  device = createVirtualDevice();
});
afterEach(() => db.dispose());

function create(baseUrl = SITE.origin) {
  return createPasskeys({ mainDb: db.mainDb, keys: KEYS, clock: db.clock, baseUrl });
}

const askedBy = ({ options }: DeviceQuestion, values: Partial<typeof SITE> = {}) => ({
  challenge: String(options.challenge),
  ...SITE,
  ...values,
});

function register(user = ada, answering = device, name = "Laptop"): Promise<string | null> {
  const question = passkeys.askToRegister(user);
  const answer = answering.create(askedBy(question));
  return passkeys.register({ userId: user.id, name, sealed: question.sealed, answer });
}

function signIn(values: Partial<typeof SITE> = {}, flags?: number): Promise<string | null> {
  const question = passkeys.askToSignIn();
  return passkeys.verify({ sealed: question.sealed, answer: device.get(askedBy(question, values), flags) });
}

test("a passkey is registered, signs in again and again, and tells when it was used", async () => {
  expect(await register()).toBeNull();
  db.clock.advance(5_000);
  expect(await signIn()).toBe(ada.id);
  expect(await signIn()).toBe(ada.id);
  const [passkey] = passkeys.list(ada.id);
  expect(passkey).toEqual({
    id: device.id,
    name: "Laptop",
    createdAt: db.clock.now() - 5_000,
    lastUsedAt: db.clock.now(),
  });
  expect(passkeys.remove({ id: device.id, userId: db.addUser().id })).toBe(false);
  expect(await signIn()).toBe(ada.id);
  expect(passkeys.remove({ id: device.id, userId: ada.id })).toBe(true);
  expect(await signIn()).toBeNull();
});

describe("an answer to register", () => {
  test("is refused for another site, user, purpose or time, without verification, and a second time", async () => {
    const bob = db.addUser({ username: "bob" });
    const asked = passkeys.askToRegister(ada);
    const given = { userId: ada.id, name: "x", sealed: asked.sealed };
    const cases = [
      { ...given, answer: device.create(askedBy(asked, { origin: "https://evil.example.com" })) },
      { ...given, answer: device.create(askedBy(asked, { rpId: "evil.example.com" })) },
      { ...given, answer: device.create(askedBy(asked), device.PRESENT) },
      { ...given, answer: device.create({ ...SITE, challenge: "another" }) },
      { ...given, answer: device.get(askedBy(asked)) },
      { ...given, userId: bob.id, answer: device.create(askedBy(asked)) },
      { ...given, sealed: passkeys.askToSignIn().sealed, answer: device.create(askedBy(asked)) },
      { ...given, sealed: "v1.planted", answer: device.create(askedBy(asked)) },
      ...["", "{}", "null", "x".repeat(30_000), "[".repeat(10_000)].map((answer) => ({ ...given, answer })),
    ];
    for (const each of cases)
      expect(await passkeys.register(each)).toBe("The passkey was not created. Try again.");
    const answer = device.create(askedBy(asked));
    expect(await passkeys.register({ ...given, answer })).toBeNull();
    expect(await passkeys.register({ ...given, answer })).toContain("not created");
    expect(await register(bob)).toBe("This passkey is registered already.");
    db.clock.advance(1);
    const late = passkeys.askToRegister(bob);
    const lateAnswer = createVirtualDevice().create(askedBy(late));
    db.clock.advance(10 * 60_000);
    const tooLate = { userId: bob.id, name: "x", sealed: late.sealed, answer: lateAnswer };
    expect(await passkeys.register(tooLate)).toContain("not created");
    expect(passkeys.list(bob.id)).toEqual([]);
  });

  test("needs a name, and there are so many for a user", async () => {
    expect(await register(ada, device, " ")).toBe("Enter 1 to 100 characters.");
    for (let n = 0; n < 20; n++) expect(await register(ada, createVirtualDevice())).toBeNull();
    expect(await register(ada, createVirtualDevice())).toBe("You have too many passkeys.");
    const { options } = passkeys.askToRegister(ada);
    expect(options.excludeCredentials).toHaveLength(20);
  });
});

describe("an answer to sign in", () => {
  beforeEach(async () => {
    expect(await register()).toBeNull();
  });

  test("is refused for another site, purpose or time, without verification, and a second time", async () => {
    expect(await signIn({ origin: "https://evil.example.com" })).toBeNull();
    expect(await signIn({ origin: "http://hooks.example.com" })).toBeNull();
    expect(await signIn({ rpId: "evil.example.com" })).toBeNull();
    expect(await signIn({}, device.PRESENT)).toBeNull();
    const asked = passkeys.askToSignIn();
    const answer = device.get(askedBy(asked));
    const tampered = answer.replace(/"signature":"...../, '"signature":"AAAAA');
    expect(await passkeys.verify({ sealed: asked.sealed, answer: tampered })).toBeNull();
    expect(await passkeys.verify({ sealed: passkeys.askToRegister(ada).sealed, answer })).toBeNull();
    expect(await passkeys.verify({ sealed: asked.sealed, answer })).toBe(ada.id);
    expect(await passkeys.verify({ sealed: asked.sealed, answer })).toBeNull();
    const late = passkeys.askToSignIn();
    const lateAnswer = device.get(askedBy(late));
    db.clock.advance(10 * 60_000);
    expect(await passkeys.verify({ sealed: late.sealed, answer: lateAnswer })).toBeNull();
  });

  test("is taken once if it comes twice at the same time", async () => {
    const asked = passkeys.askToSignIn();
    const given = { sealed: asked.sealed, answer: device.get(askedBy(asked)) };
    const both = await Promise.all([passkeys.verify(given), passkeys.verify(given)]);
    expect(both.filter((userId) => userId !== null)).toEqual([ada.id]);
  });

  test("of a copied device, whose counter is behind, is refused", async () => {
    expect(await signIn()).toBe(ada.id);
    device.turnBack();
    expect(await signIn()).toBeNull();
  });

  test("names its owner before it is verified, unless the owner is disabled", () => {
    const answer = device.get(askedBy(passkeys.askToSignIn()));
    expect(passkeys.findOwner(answer)).toEqual({ id: ada.id, username: "ada" });
    db.changeUser(ada.id, { disabledAt: 1 });
    expect(passkeys.findOwner(answer)).toBeNull();
    expect(passkeys.findOwner("{}")).toBeNull();
  });
});

test("browsers have passkeys for names on secure pages, and for this machine", () => {
  const possible = ["https://hooks.example.com", "http://localhost:8080"];
  const others = [
    "http://hooks.example.com",
    "https://192.0.2.1",
    "https://[2001:db8::1]",
    "http://127.0.0.1:8080",
  ];
  expect(possible.map((baseUrl) => create(baseUrl).isPossible)).toEqual([true, true]);
  expect(others.map((baseUrl) => create(baseUrl).isPossible)).toEqual([false, false, false, false]);
});
