import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  constantTimeEqual,
  createKeyRing,
  hashToken,
  loadSecretKey,
  randomToken,
} from "../../src/lib/crypto.ts";
import { AppError } from "../../src/lib/errors.ts";

const secretKey = new Uint8Array(32).fill(7);

describe("sealing", () => {
  const keys = createKeyRing(secretKey);

  test("returns the text for the same binding, also with a recreated ring", () => {
    for (const text of ["", "hunter2", "ünï ✓ \u0000", "x".repeat(100_000)]) {
      const sealed = keys.seal(text, "targets:1:url");
      expect(sealed).toStartWith("v1.");
      expect(createKeyRing(secretKey).open(sealed, "targets:1:url")).toBe(text);
    }
  });

  test("never gives the same text twice, and never the plain one", () => {
    const [first, second] = [keys.seal("hunter2", "a"), keys.seal("hunter2", "a")];
    expect(first).not.toBe(second);
    expect(Buffer.from(first.slice(3), "base64url").toString("latin1")).not.toContain("hunter2");
  });

  test("refuses another binding, another key, a changed, cut or unknown text", () => {
    const sealed = keys.seal("hunter2", "targets:1:url");
    const bytes = Buffer.from(sealed.slice(3), "base64url");
    bytes.writeUInt8(bytes.readUInt8(14) ^ 1, 14);
    const changed = `v1.${bytes.toString("base64url")}`;
    const other = createKeyRing(new Uint8Array(32).fill(8));
    expect(() => keys.open(sealed, "targets:2:url")).toThrow(AppError);
    expect(() => other.open(sealed, "targets:1:url")).toThrow("cannot be read with this secret key");
    for (const wrong of [changed, sealed.slice(0, -4), "v1.", "v2.AAAA", "", "hunter2"]) {
      expect(() => keys.open(wrong, "targets:1:url")).toThrow(AppError);
    }
  });

  test("uses a different key than sessions", () => {
    expect(keys.sessionKey).toHaveLength(32);
    expect(keys.sessionKey).not.toEqual(secretKey);
    expect(keys.sessionKey).toEqual(createKeyRing(secretKey).sessionKey);
  });
});

describe("the secret key", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "webhooker-key-"));
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  test("is the configured one, and then no file is created", () => {
    const dbPath = join(directory, "webhooker.db");
    expect(loadSecretKey({ fromConfig: secretKey, dbPath })).toBe(secretKey);
    expect(() => statSync(join(directory, "webhooker.key"))).toThrow();
  });

  test("is created once in a private file beside the main database", () => {
    const dbPath = join(directory, "data", "webhooker.db");
    const made = loadSecretKey({ fromConfig: null, dbPath });
    const path = join(directory, "data", "webhooker.key");
    expect(made).toHaveLength(32);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, "utf8").trim()).toBe(Buffer.from(made).toString("base64"));
    expect(loadSecretKey({ fromConfig: null, dbPath })).toEqual(made);
  });

  test("is refused with a hint if the file contains anything else", () => {
    const path = join(directory, "webhooker.key");
    const valid = Buffer.from(secretKey).toString("base64");
    for (const content of ["", "short", valid.slice(4), `${valid}AAAA`, `!${valid}`]) {
      writeFileSync(path, content);
      const load = () => loadSecretKey({ fromConfig: null, dbPath: join(directory, "webhooker.db") });
      expect(load).toThrow(`The key file ${path} does not hold 32 bytes in base64.`);
      expect(readFileSync(path, "utf8")).toBe(content);
    }
  });

  test("reports where it can neither be read nor created", () => {
    const dbPath = join(directory, "file", "webhooker.db");
    writeFileSync(join(directory, "file"), "");
    expect(() => loadSecretKey({ fromConfig: null, dbPath })).toThrow(
      `The key file ${join(directory, "file", "webhooker.key")} can be neither read nor created (`,
    );
  });
});

describe("tokens", () => {
  test("are base64url of as many random bytes as asked for", () => {
    const token = randomToken(32);
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(randomToken(32)).not.toBe(token);
  });

  test("are hashed with SHA-256, in hex", () => {
    expect(hashToken("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });

  test("compare equal only when they are, whatever their lengths", () => {
    expect(constantTimeEqual("abc", "abc")).toBe(true);
    expect(constantTimeEqual("abc", "abd")).toBe(false);
    expect(constantTimeEqual("abc", "abcd")).toBe(false);
    expect(constantTimeEqual("", "a")).toBe(false);
  });
});
