import { describe, expect, test } from "bun:test";
import { createPasswords } from "../../src/auth/passwords.ts";
import { appErrorOf } from "../support/thrown.ts";

describe("passwords", () => {
  test("are stored as argon2id with 64 MiB and two passes, and verified", async () => {
    const passwords = createPasswords();
    const hash = await passwords.hash("correct horse");
    expect(hash).toStartWith("$argon2id$v=19$m=65536,t=2,p=1$");
    expect(await passwords.verify("correct horse", hash)).toBe(true);
    expect(await passwords.verify("correct horsE", hash)).toBe(false);
    expect(await passwords.verify("", hash)).toBe(false);
  });

  test("match in any Unicode form that a keyboard produces", async () => {
    const { passwords } = createObserved();
    const hash = await passwords.hash("Ünïcode-pässword".normalize("NFD"));
    expect(await passwords.verify("Ünïcode-pässword".normalize("NFC"), hash)).toBe(true);
  });

  test("have at least ten characters, counted as people count", async () => {
    const { passwords } = createObserved();
    const error = await appErrorOf(() => passwords.hash("😀".repeat(9)));
    expect(error.kind).toBe("invalid");
    expect(error.message).toBe("The password has fewer than 10 characters.");
    expect(await passwords.hash("😀🐴🔋📎".repeat(3).slice(0, 20))).toBeString();
    expect((await appErrorOf(() => passwords.hash("x".repeat(1_025)))).kind).toBe("invalid");
  });

  test.each([
    ["one of the list", "basketball"],
    ["in capitals", "BasketBall"],
    ["with digits and signs behind it", "Password2026!"],
    ["a keyboard's row", "qwertyuiop"],
    ["one key over and over", "aaaaaaaaaaaa"],
    ["two keys in turn", "1212121212"],
  ])("that are common are refused: %s", async (_, password) => {
    const { passwords } = createObserved();
    const error = await appErrorOf(() => passwords.hash(password));
    expect([error.kind, error.details?.[0]?.path]).toEqual(["invalid", "password"]);
    expect(JSON.stringify(error)).not.toContain(password);
    expect(await passwords.hash(`${password} and some words`)).toBeString();
  });

  test("cost a verification with the same parameters for an unknown user", async () => {
    const { passwords, verified } = createObserved();
    expect(await passwords.verify("correct horse", null)).toBe(false);
    expect(verified).toHaveLength(1);
    expect(verified[0]).toStartWith("$argon2id$v=19$m=65536,t=2,p=1$");
  });

  test("that are far too long are refused without hashing", async () => {
    const { passwords, verified } = createObserved();
    expect(await passwords.verify("x".repeat(1_000_000), "any")).toBe(false);
    expect(verified).toEqual([]);
  });

  test("are hashed and verified two at a time, whatever the others' results", async () => {
    const { passwords, finish, running } = createGated();
    const all = [1, 2, 3, 4, 5].map(() => passwords.verify("correct horse", "hash"));
    const settled = Promise.allSettled(all);
    const seen: number[] = [];
    for (let done = 0; done < all.length; done++) {
      await flushPromises();
      seen.push(running());
      finish(done === 1 ? new Error("out of memory") : null);
    }
    expect((await settled).map((one) => one.status === "fulfilled")).toEqual([true, false, true, true, true]);
    expect(seen).toEqual([2, 2, 2, 2, 1]);
    const next = passwords.hash("correct horse");
    await flushPromises();
    finish(null);
    expect(await next).toBe("hash");
  });
});

describe("the queue of hashes", () => {
  test("refuses unknown clients while forty of them wait, and accepts as many as have left", async () => {
    const { passwords, finish } = createGated();
    const strangers = Array.from({ length: 42 }, () => passwords.verify("guess", null));
    const refused = await appErrorOf(() => passwords.verify("guess", null));
    expect([refused.kind, refused.retryAfterSeconds]).toEqual(["unavailable", 5]);
    finish(null);
    await flushPromises();
    strangers.push(passwords.verify("guess", null));
    expect((await appErrorOf(() => passwords.verify("guess", null))).code).toBe("sign_in_busy");
    for (let count = 1; count < strangers.length; count++) {
      finish(null);
      await flushPromises();
    }
    expect(await Promise.all(strangers)).toEqual(Array(43).fill(false));
  });

  test("lets known clients go first, however many unknown ones wait", async () => {
    const { passwords, finish } = createGated();
    const ended: string[] = [];
    for (let count = 0; count < 42; count++) {
      void passwords.verify("guess", null).then(() => ended.push("stranger"));
    }
    void passwords.verify("correct horse", "hash", { isTrusted: true }).then(() => ended.push("known"));
    void passwords.hash("correct horse").then(() => ended.push("new password"));
    await flushPromises();
    for (let count = 0; count < 5; count++) {
      finish(null);
      await flushPromises();
    }
    expect(ended).toEqual(["stranger", "stranger", "known", "new password", "stranger"]);
  });
});

/** Replaces argon2 by text that looks like a hash, and records what was compared. */
function createObserved() {
  const verified: string[] = [];
  const passwords = createPasswords({
    hash: async (password) => `hash of ${password}`,
    verify: async (password, hash) => {
      verified.push(hash);
      return hash === `hash of ${password}`;
    },
  });
  return { passwords, verified };
}

/** Every hash waits until the test ends it. */
function createGated() {
  const open: ((error: Error | null) => void)[] = [];
  const gate = <T>(value: T) =>
    new Promise<T>((resolve, reject) => {
      open.push((error) => (error ? reject(error) : resolve(value)));
    });
  return {
    passwords: createPasswords({ hash: () => gate("hash"), verify: () => gate(true) }),
    finish: (error: Error | null) => open.shift()?.(error),
    running: () => open.length,
  };
}

/** Resolves after all pending promise callbacks have run. */
function flushPromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
