import { describe, expect, test } from "bun:test";
import { createKeyRing } from "../../src/lib/crypto.ts";
import type { FormField } from "../../src/settings/form-field.ts";
import {
  type ConfigOwner,
  keepStoredSecrets,
  openConfig,
  redactConfig,
  sealConfig,
} from "../../src/settings/sealed-config.ts";

const fields: readonly FormField[] = [
  { name: "url", label: "URL", kind: "url" },
  { name: "password", label: "Password", kind: "password", secret: true },
  { name: "headers", label: "Headers", kind: "headers", secret: true },
];
const type = { fields };
const keys = createKeyRing(new Uint8Array(32).fill(1));
const config = { url: "http://x/", password: "pw", headers: { "X-Key": "k1", Other: "k2" } };
const sealed = sealConfig({ type, config, owner: "targets:t1", keys });

test("plain fields and header names stay readable, secrets do not", () => {
  expect(sealed.url).toBe("http://x/");
  expect(Object.keys(Object(sealed.headers))).toEqual(["X-Key", "Other"]);
  expect(JSON.stringify(sealed)).not.toMatch(/"(pw|k1|k2)"/);
  expect(redactConfig({ type, config: sealed })).toEqual({
    url: "http://x/",
    password: "[secret]",
    headers: { "X-Key": "[secret]", Other: "[secret]" },
  });
});

describe("a sealed secret", () => {
  test("opens to its original value", () => {
    expect(openConfig({ type, config: sealed, owner: "targets:t1", keys })).toEqual(config);
    const partial = sealConfig({ type, config: { url: "u" }, owner: "targets:t1", keys });
    expect(openConfig({ type, config: partial, owner: "targets:t1", keys })).toEqual({ url: "u" });
  });

  test("does not open for another target, field, header or key", () => {
    const open = (changed: unknown, owner: ConfigOwner = "targets:t1", ring = keys) =>
      openConfig({ type, config: changed, owner, keys: ring });
    expect(() => open(sealed, "targets:t2")).toThrow();
    expect(() => open(sealed, "entrypoints:t1")).toThrow();
    expect(() => open(sealed, "targets:t1", createKeyRing(new Uint8Array(32).fill(2)))).toThrow();
    const [first] = Object.values(Object(sealed.headers));
    expect(() => open({ password: first })).toThrow();
    expect(() => open({ headers: { Other: first } })).toThrow();
    expect(open({ headers: { "x-key": first } })).toEqual({ headers: { "x-key": "k1" } });
    expect(() => open(config)).toThrow();
  });
});

describe("on a change", () => {
  const keep = (changed: unknown) => keepStoredSecrets({ type, config: changed, stored: config });

  test("a secret that is missing, empty or redacted keeps its stored value", () => {
    for (const left of [{}, { password: "" }, { password: "[secret]" }, { headers: "[secret]" }]) {
      expect(keep({ url: "http://y/", ...left })).toEqual({ ...config, url: "http://y/" });
    }
  });

  test("a new value replaces, null removes", () => {
    expect(keep({ url: "http://x/", password: "new" })).toEqual({ ...config, password: "new" });
    expect(keep({ url: "http://x/", password: null })).toEqual({ url: "http://x/", headers: config.headers });
    expect(keep({ headers: {} })).toEqual({ password: "pw", headers: {} });
  });

  test("a redacted header keeps its value by name, others are new or removed", () => {
    expect(keep({ headers: { "x-key": "[secret]", New: "n" } })).toEqual({
      password: "pw",
      headers: { "x-key": "k1", New: "n" },
    });
  });

  test("a redacted secret with nothing stored is refused, with its path", () => {
    const refused = (changed: unknown, path: string) => {
      expect(() => keepStoredSecrets({ type, config: changed })).toThrow(
        expect.objectContaining({ kind: "invalid", details: [expect.objectContaining({ path })] }),
      );
    };
    refused({ password: "[secret]" }, "config.password");
    refused({ headers: { A: "[secret]" } }, "config.headers.A");
    refused("text", "config");
    refused({ headers: 1 }, "config.headers");
    expect(keepStoredSecrets({ type, config: { password: "", url: "u" } })).toEqual({ url: "u" });
  });
});
