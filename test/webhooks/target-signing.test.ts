import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createKeyRing } from "../../src/lib/crypto.ts";
import { openSigning, readSigning, type Signer } from "../../src/targets/signing.ts";
import { newSigningSecret, openSigningKey } from "../../src/targets/signing-keys.ts";
import { appErrorOf } from "../support/thrown.ts";
import { createTestUseCases, type TestUseCases } from "../support/use-cases.ts";

const HOUR = 3_600_000;
const GIVEN = newSigningSecret("v1");
const http = { name: "Out", type: "http", config: { url: "https://example.com/in" } };

let all: TestUseCases;
let of: { userId: string; webhookId: string };

beforeEach(async () => {
  all = createTestUseCases();
  const webhook = await all.useCases.webhooks.create({ userId: all.ada, input: { name: "Shop" } });
  of = { userId: all.ada, webhookId: webhook.id };
});
afterEach(() => all.dispose());

const create = (signing?: unknown, more = {}) =>
  all.useCases.targets.create({
    ...of,
    input: { ...http, ...more, ...(signing !== undefined && { signing }) },
  });
const change = (targetId: string, signing: unknown) =>
  all.useCases.targets.update({ ...of, targetId, input: { signing } });
const rotate = (targetId: string, input: unknown = {}) =>
  all.useCases.targets.rotateSigning({ ...of, targetId, input });
const faultOf = async (act: () => Promise<unknown>) =>
  (await appErrorOf(act)).details?.map(({ path }) => path);

/** The signing secrets as the delivery engine gets them. */
function signerOf(targetId: string): Signer | null {
  const stored = readSigning(all.mainDb.routing.findTarget(targetId)?.signing ?? null);
  const keys = createKeyRing(new Uint8Array(32).fill(1));
  return stored && openSigning({ targetId, keys }, stored).signer;
}

/** One signature for each current secret. */
function signatures(targetId: string): readonly string[] {
  const signed = { id: "e1", body: new Uint8Array(), now: all.clock.now() };
  const header = signerOf(targetId)
    ?.headers(signed)
    .find(([name]) => name === "webhook-signature");
  return header?.[1].split(" ") ?? [];
}

function byHand(secret: string | undefined): string {
  const seconds = Math.floor(all.clock.now() / 1000);
  return openSigningKey("v1", secret ?? "").sign(`e1.${seconds}.`, new Uint8Array());
}

describe("a new http target", () => {
  test("signs with a secret that is shown once, encrypted at rest, and used by the engine", async () => {
    const made = await create();
    expect(made.signing).toEqual({ scheme: "v1", publicKey: null, previousUntil: null, isUsable: true });
    expect(signatures(made.id)).toEqual([byHand(made.signingSecret)]);
    const again = await all.useCases.targets.get({ ...of, targetId: made.id });
    expect(again.signingSecret).toBeUndefined();
    const stored = JSON.stringify([again, all.mainDb.targets.list(of.webhookId)]);
    expect(stored).not.toContain(made.signingSecret?.slice("whsec_".length) ?? "");
  });

  test("accepts a secret of the user's, which no response repeats", async () => {
    const made = await create({ secret: GIVEN });
    expect([made.signing.scheme, made.signingSecret]).toEqual(["v1", undefined]);
    expect(signatures(made.id)).toEqual([byHand(GIVEN)]);
    expect(JSON.stringify(made)).not.toContain(GIVEN.slice(10));
  });

  test("signs by ed25519 with a public key that is shown, and a private key that is not", async () => {
    const made = await create({ scheme: "v1a" });
    expect(made.signing).toMatchObject({ scheme: "v1a", publicKey: expect.stringMatching(/^whpk_/) });
    expect(made.signingSecret).toBeUndefined();
    expect(await all.useCases.targets.list(of)).toEqual([made]);
  });

  test("does not sign if disabled, or if its type cannot", async () => {
    const plain = await create({ scheme: "none" });
    expect([plain.signing.scheme, signerOf(plain.id)]).toEqual(["none", null]);
    const slack = { type: "slack", config: { url: "https://hooks.example.com/x" } };
    expect((await create(undefined, slack)).signing.scheme).toBe("none");
    expect((await create({ scheme: "none" }, slack)).signing.scheme).toBe("none");
    expect(await faultOf(() => create({ scheme: "v1" }, slack))).toEqual(["signing.scheme"]);
  });

  test("refuses an invalid secret, and does not repeat it", async () => {
    for (const secret of ["hunter2", "whsec_hunter2", GIVEN.replace("whsec_", "whsk_")]) {
      const error = await appErrorOf(() => create({ scheme: "v1", secret }));
      expect(error.details?.map(({ path }) => path)).toEqual(["signing.secret"]);
      expect(JSON.stringify(error.details)).not.toContain("hunter2");
    }
    expect(await faultOf(() => create({ scheme: "v2" }))).toEqual(["signing.scheme"]);
    expect(await faultOf(() => create({ key: "x" }))).toEqual(["signing.key"]);
  });
});

test("a target created before signing existed stays unsigned until it is enabled", async () => {
  const { id } = all.addTarget({ webhookId: of.webhookId });
  const one = { ...of, targetId: id };
  expect((await all.useCases.targets.get(one)).signing.scheme).toBe("none");
  await all.useCases.targets.update({ ...one, input: { name: "Old" } });
  expect(signerOf(id)).toBeNull();
  const signed = await change(id, { scheme: "v1" });
  expect(signatures(id)).toEqual([byHand(signed.signingSecret)]);
});

describe("changing how a target signs", () => {
  test("keeps the secret unless another scheme or secret is requested", async () => {
    const made = await create();
    for (const same of [{}, { scheme: "v1" }]) {
      expect((await change(made.id, same)).signingSecret).toBeUndefined();
      expect(signatures(made.id)).toEqual([byHand(made.signingSecret)]);
    }
    await change(made.id, { secret: GIVEN });
    expect(signatures(made.id)).toEqual([byHand(GIVEN)]);
    expect((await change(made.id, { scheme: "v1a" })).signing.publicKey).toStartWith("whpk_");
    expect((await change(made.id, { scheme: "none" })).signing.scheme).toBe("none");
    expect(signerOf(made.id)).toBeNull();
  });
});

describe("a rotation", () => {
  test("signs with both secrets for the chosen overlap, then with the new one", async () => {
    const made = await create();
    const rotated = await rotate(made.id, { overlap_hours: 2 });
    const until = all.clock.now() + 2 * HOUR;
    expect(rotated.signing).toMatchObject({ scheme: "v1", previousUntil: until });
    const both = () => [byHand(rotated.signingSecret), byHand(made.signingSecret)];
    expect(signatures(made.id)).toEqual(both());
    all.clock.advance(2 * HOUR - 1);
    expect(signatures(made.id)).toEqual(both());
    all.clock.advance(1);
    expect(signatures(made.id)).toEqual([byHand(rotated.signingSecret)]);
    const { signing } = await all.useCases.targets.get({ ...of, targetId: made.id });
    expect(signing.previousUntil).toBeNull();
  });

  test("lasts a day by default, or takes effect at once", async () => {
    const made = await create();
    expect((await rotate(made.id)).signing.previousUntil).toBe(all.clock.now() + 24 * HOUR);
    const atOnce = await rotate(made.id, { overlap_hours: 0, secret: GIVEN });
    expect([atOnce.signing.previousUntil, atOnce.signingSecret]).toEqual([null, undefined]);
    expect(signatures(made.id)).toEqual([byHand(GIVEN)]);
  });

  test("refuses an invalid overlap, and a target that does not sign", async () => {
    const made = await create();
    for (const overlap_hours of [-1, 721, 1.5, "2"]) {
      expect(await faultOf(() => rotate(made.id, { overlap_hours }))).toEqual(["overlap_hours"]);
    }
    const plain = await create({ scheme: "none" });
    expect((await appErrorOf(() => rotate(plain.id))).code).toBe("not_signed");
  });

  test("repairs a secret whose key is lost, or that an import left out", async () => {
    const made = await create();
    const { targets } = all.withSecretKey(2);
    const one = { ...of, targetId: made.id };
    const shown = await targets.get(one);
    expect(shown.signing).toMatchObject({ scheme: "v1", isUsable: false });
    expect(shown.summary).toContain("Rotate it.");
    const cured = await targets.rotateSigning({ ...one, input: {} });
    expect(cured.signing).toMatchObject({ isUsable: true, previousUntil: null });
    const moved = all.addTarget({ webhookId: of.webhookId, signing: { scheme: "v1" } });
    expect((await all.useCases.targets.get({ ...of, targetId: moved.id })).signing.isUsable).toBe(false);
    await rotate(moved.id);
    expect(signatures(moved.id)).toHaveLength(1);
  });
});
