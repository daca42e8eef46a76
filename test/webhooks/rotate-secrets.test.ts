/** Rotates every stored secret, all or none; an interrupted rotation can be run again. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createKeyRing, loadSecretKey } from "../../src/lib/crypto.ts";
import { newId } from "../../src/lib/ids.ts";
import { beginNextKey, finishNextKey, loadKeyRing, oldKeyPath } from "../../src/lib/key-files.ts";
import { hideSecret, revealSecret, sealSecret } from "../../src/verification/sender-secret.ts";
import { rotateRejectedSecrets, rotateSecrets } from "../../src/webhooks/rotate-secrets.ts";
import { checkSecretKey } from "../../src/webhooks/secret-key-check.ts";
import { createStorageWorld, draft, query, type StorageWorld } from "../storage/storage-world.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { appErrorOf, thrownBy } from "../support/thrown.ts";
import { createTestUseCases, type TestUseCases } from "../support/use-cases.ts";

const keyOf = (fill: number) => new Uint8Array(32).fill(fill);
const ring = (fill: number, ...others: number[]) => createKeyRing(keyOf(fill), others.map(keyOf));

let all: TestUseCases;
let of: { userId: string; webhookId: string };

/** Secrets in every place: settings, headers, two signing secrets, and a deleted target's. */
beforeEach(async () => {
  all = createTestUseCases();
  const { useCases, ada: userId } = all;
  of = { userId, webhookId: (await useCases.webhooks.create({ userId, input: { name: "Shop" } })).id };
  const verification = { type: "github", config: { secret: "hush" } };
  await useCases.entrypoints.create({ ...of, input: { name: "a", verification } });
  const config = { url: "http://127.0.0.1/", headers: { Authorization: "hush", "X-Two": "hush" } };
  const { id: targetId } = await useCases.targets.create({
    ...of,
    input: { name: "b", type: "http", config },
  });
  await useCases.targets.rotateSigning({ ...of, targetId, input: {} });
  const gone = await useCases.targets.create({ ...of, input: { name: "c", type: "http", config } });
  await useCases.targets.remove({ ...of, targetId: gone.id });
  checkSecretKey({ mainDb: all.mainDb, keys: ring(1), log: createRecordingLog().log });
});
afterEach(() => all.dispose());

/** Counts what a start with this key logs about secrets that it does not decrypt. */
function faultsWith(...fills: [number, ...number[]]): number {
  const { log, lines } = createRecordingLog();
  checkSecretKey({ mainDb: all.mainDb, keys: ring(...fills), log });
  return lines.length;
}

/** Every encrypted text in the file, in any row of any table. */
function listSealed(): string[] {
  const db = new Database(all.path, { readonly: true });
  const tables = db.query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const texts = tables.flatMap(({ name }) => db.query(`SELECT * FROM "${name}"`).values().flat().map(String));
  db.close();
  return texts.flatMap((text) => text.match(/v1\.[\w-]{38,}/g) ?? []);
}

const rotate = (given: { from?: number[]; to?: number; partial?: boolean } = {}) => {
  const [first = 1, ...others] = given.from ?? [1];
  const { to = 2, partial = false } = given;
  return rotateSecrets({ mainDb: all.mainDb, from: ring(first, ...others), to: ring(to), partial });
};

describe("a rotation", () => {
  test("encrypts all secrets with the new key and none with the old one, including those of deleted parts", async () => {
    const before = listSealed();
    expect(rotate()).toEqual({ resealed: before.length - 1, unreadable: 0 });
    const after = listSealed();
    expect(after).toHaveLength(before.length);
    expect(after.filter((sealed) => before.includes(sealed))).toEqual([]);
    expect(faultsWith(2)).toBe(0);
    expect(faultsWith(1)).toBe(1);
    const [target] = await all.withSecretKey(2).targets.list(of);
    expect(target?.signing).toMatchObject({ scheme: "v1", isUsable: true });
    const [entrypoint] = await all.withSecretKey(2).entrypoints.list(of);
    expect(entrypoint?.verification?.fault).toBeNull();
  });

  test("leaves no text in the file that the old key decrypts", async () => {
    const before: string[] = [];
    for (let n = 0; n < 5; n++) {
      const config = { url: "http://127.0.0.1/", headers: { Authorization: "hush".repeat(100 - n * 10) } };
      const { id: targetId } = await all.useCases.targets.create({
        ...of,
        input: { name: "d", type: "http", config },
      });
      before.push(...listSealed());
      const shorter = { url: "http://127.0.0.1/", headers: { Authorization: "hush" } };
      await all.useCases.targets.update({ ...of, targetId, input: { config: shorter } });
    }
    before.push(...listSealed());
    rotate();
    all.mainDb.close();
    const bytes = readFileSync(all.path, "latin1");
    expect(before.filter((sealed) => bytes.includes(sealed))).toEqual([]);
  });

  test("changes nothing if no key decrypts a secret, unless told to leave such secrets", async () => {
    const { id: targetId } = (await all.useCases.targets.list(of))[0] ?? { id: "" };
    const config = { url: "http://127.0.0.1/", headers: { Authorization: "lost" } };
    await all.withSecretKey(9).targets.update({ ...of, targetId, input: { config } });
    const before = listSealed();
    expect(await appErrorOf(() => rotate())).toMatchObject({ kind: "conflict", code: "secrets_unreadable" });
    expect(listSealed()).toEqual(before);
    expect(rotate({ partial: true })).toMatchObject({ unreadable: 1 });
    expect(rotate({ from: [9, 2], to: 3 })).toMatchObject({ unreadable: 0 });
    expect(faultsWith(3)).toBe(0);
  });

  test("continues if some secrets already use the new key, as after running with both", async () => {
    expect(faultsWith(2, 1)).toBe(0);
    const verification = { type: "github", config: { secret: "later" } };
    await all.withSecretKey(2).entrypoints.create({ ...of, input: { name: "d", verification } });
    expect(rotate({ from: [2, 1] })).toMatchObject({ unreadable: 0 });
    expect(faultsWith(2)).toBe(0);
    expect(rotate({ from: [2, 1] })).toMatchObject({ unreadable: 0 });
    expect(faultsWith(2)).toBe(0);
  });
});

describe("a rotation of the secrets of rejected requests", () => {
  const request = { headers: new Headers({ "x-gitlab-token": "of-the-sender" }), query: "" };
  const { shown, hidden } = hideSecret(request, { in: "header", name: "X-Gitlab-Token" });
  let world: StorageWorld;
  beforeEach(() => {
    world = createStorageWorld();
  });
  afterEach(() => world.dispose());

  const keep = (webhookId: string, fill: number) => {
    const id = newId();
    const sealedSecret = hidden && sealSecret(hidden, id, ring(fill));
    const reason = "Wrong token.";
    const kept = { ...draft({ webhookId }), id, reason, sealedSecret };
    return world.writer.run(webhookId, { name: "keepRejected", draft: kept });
  };
  const readAll = (webhookId: string) =>
    query<{ id: string; sealed_secret: string | null }>(
      world.files.pathOf(webhookId),
      "SELECT id, sealed_secret FROM rejected_requests ORDER BY id",
    );
  const rotateIn = (webhookIds: readonly string[]) =>
    rotateRejectedSecrets({
      mainDb: {
        webhooks: { ...all.mainDb.webhooks, listAll: () => webhookIds.map((id) => ({ ...row(), id })) },
      },
      dataDir: world.dataDir,
      from: ring(1),
      to: ring(2),
    });
  const row = () => {
    const [first] = all.mainDb.webhooks.listAll();
    if (!first) throw new Error("there is no webhook");
    return first;
  };

  test("keeps them fit to be verified again, and leaves no row that the old key decrypts", async () => {
    const webhookId = newId();
    for (let n = 0; n < 700; n++) void keep(webhookId, 1);
    await keep(webhookId, 9);
    const before = readAll(webhookId);
    await world.files.closeAll();
    expect(rotateIn([webhookId, newId()])).toEqual({ resealed: 700, unreadable: 1, faults: [] });
    const after = readAll(webhookId);
    for (const [index, { id, sealed_secret: sealedSecret }] of after.entries()) {
      const isOfOther = sealedSecret === before[index]?.sealed_secret;
      const revealed = revealSecret(shown, { id, sealedSecret }, ring(isOfOther ? 9 : 2));
      expect(revealed?.headers.get("x-gitlab-token")).toBe("of-the-sender");
    }
    const kept = new Set(after.map(({ sealed_secret }) => sealed_secret));
    expect(before.filter(({ sealed_secret }) => kept.has(sealed_secret))).toHaveLength(1);
  });

  test("goes on after a file that cannot be read, and names it", async () => {
    const [broken, sound] = [newId(), newId()];
    await keep(broken, 1);
    await keep(sound, 1);
    await world.files.closeAll();
    writeFileSync(world.files.pathOf(broken), "no database, but longer than nothing".repeat(100));
    expect(rotateIn([broken, sound])).toMatchObject({ resealed: 1, faults: [{ webhookId: broken }] });
  });
});

describe("a key file", () => {
  let dbPath: string;
  const where = () => ({ secretKey: null, secretKeyPrevious: null, dbPath });
  const keyPath = () => join(dirname(dbPath), "webhooker.key");

  beforeEach(() => {
    dbPath = join(all.directory, "keys", "main.db");
    mkdirSync(dirname(dbPath));
  });

  test("exists at every moment, decrypts everything, is replaced by the next, and is readable by its owner only", () => {
    const old = loadSecretKey({ fromConfig: null, dbPath });
    const sealedBefore = createKeyRing(old).seal("hush", "here");
    const next = beginNextKey(dbPath);
    const sealedAfter = createKeyRing(next).seal("hush", "here");
    // As after a crash: the file contains the old key, and text encrypted with the new one is decrypted too.
    for (const sealed of [sealedBefore, sealedAfter])
      expect(loadKeyRing(where()).open(sealed, "here")).toBe("hush");
    expect(loadSecretKey({ fromConfig: null, dbPath })).toEqual(old);
    expect(beginNextKey(dbPath)).toEqual(next);

    finishNextKey(dbPath);
    expect(loadSecretKey({ fromConfig: null, dbPath })).toEqual(next);
    expect(loadKeyRing(where()).open(sealedAfter, "here")).toBe("hush");
    expect(codeOf(() => loadKeyRing(where()).open(sealedBefore, "here"))).toBe("secret_unreadable");
    expect(readFileSync(oldKeyPath(dbPath), "utf8").trim()).toBe(Buffer.from(old).toString("base64"));
    for (const path of [keyPath(), oldKeyPath(dbPath)]) expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(existsSync(`${keyPath()}.next`)).toBe(false);
    expect(beginNextKey(dbPath)).not.toEqual(next);
  });

  test("that a crash left half written has encrypted nothing, and is created again", () => {
    loadSecretKey({ fromConfig: null, dbPath });
    writeFileSync(`${keyPath()}.next`, "aGFsZg");
    expect(loadKeyRing(where()).seal("a", "b")).toBeString();
    expect(beginNextKey(dbPath)).toHaveLength(32);
  });

  test("is ignored if SECRET_KEY is set; the previous key decrypts and does not encrypt", async () => {
    const both = loadKeyRing({ secretKey: keyOf(2), secretKeyPrevious: keyOf(1), dbPath });
    expect(both.open(ring(1).seal("hush", "here"), "here")).toBe("hush");
    expect(ring(2).open(both.seal("hush", "here"), "here")).toBe("hush");
    expect(await thrownBy(() => both.open(ring(3).seal("hush", "here"), "here"))).toBeInstanceOf(Error);
    expect(existsSync(keyPath())).toBe(false);
    expect(both.sessionKey).toEqual(ring(2).sessionKey);
  });
});

function codeOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error;
  }
}
