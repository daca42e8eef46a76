import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventTable, stateOf } from "../../src/cli/client/event-lines.ts";
import { createGatewayClient } from "../../src/cli/client/gateway-client.ts";
import { isPlain, readGatewayUrl } from "../../src/cli/client/gateway-url.ts";
import { findLogin, loginPath, readLogin, removeLogin, writeLogin } from "../../src/cli/client/login-file.ts";
import { readClientEnvironment } from "../../src/config-client.ts";

const LOGIN = { url: "https://hooks.example", apiKey: "whk_secret" };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "webhooker-client-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the user's configuration folder", () => {
  test("is where each system's programs keep theirs", () => {
    const folderOf = (env: Record<string, string>, platform: NodeJS.Platform) =>
      readClientEnvironment(env, platform).folder.replaceAll("\\", "/");
    const home = { HOME: "/home/ada" };
    expect(folderOf(home, "linux")).toBe("/home/ada/.config/webhooker");
    expect(folderOf({ ...home, XDG_CONFIG_HOME: "/cfg" }, "linux")).toBe("/cfg/webhooker");
    expect(folderOf(home, "darwin")).toBe("/home/ada/Library/Application Support/webhooker");
    expect(folderOf({ APPDATA: "C:/Users/ada/AppData/Roaming" }, "win32")).toBe(
      "C:/Users/ada/AppData/Roaming/webhooker",
    );
  });

  test("keeps the key in a file that only its user may read, also where one was there before", () => {
    const environment = { folder: join(folder, "webhooker") };
    writeLogin(environment, LOGIN);
    chmodSync(loginPath(environment), 0o644);
    writeLogin(environment, { ...LOGIN, apiKey: "whk_other" });
    expect(statSync(loginPath(environment)).mode & 0o777).toBe(0o600);
    expect(statSync(environment.folder).mode & 0o777).toBe(0o700);
    expect(readLogin(environment)).toEqual({ ...LOGIN, apiKey: "whk_other" });
    removeLogin(environment);
    expect([existsSync(loginPath(environment)), readLogin(environment)]).toEqual([false, null]);
  });
});

describe("where requests go", () => {
  const find = (url: string | null, apiKey: string | null) =>
    findLogin({ folder, url, apiKey, variable: () => null });

  test("is what the environment says, or else what login kept", () => {
    expect(() => find(null, null)).toThrow("You are not signed in to a gateway.");
    expect(find("https://ci.example/", "whk_ci")).toEqual({ url: "https://ci.example", apiKey: "whk_ci" });
    writeLogin({ folder }, LOGIN);
    expect(find(null, null)).toEqual(LOGIN);
    expect(find(LOGIN.url, null)).toEqual(LOGIN);
    expect(find(null, "whk_other")).toEqual({ ...LOGIN, apiKey: "whk_other" });
  });

  test("is asked with nothing that cannot be a key", () => {
    for (const apiKey of ["whk_tPd8…", "whk_a b", "whk_a\nb"]) {
      expect(() => createGatewayClient({ url: "https://ci.example", apiKey })).toThrow("This is no API key");
    }
  });

  test("is never another gateway than the one that the stored key is for", () => {
    writeLogin({ folder }, LOGIN);
    expect(() => find("https://evil.example", null)).toThrow(
      "the stored API key is for https://hooks.example",
    );
  });

  test("is told where the file is damaged", () => {
    writeFileSync(loginPath({ folder }), "{");
    expect(() => find(null, null)).toThrow("cannot be read");
  });

  test("is read as people type it", () => {
    expect(readGatewayUrl("hooks.example.com")).toBe("https://hooks.example.com");
    expect(readGatewayUrl("http://localhost:8080/sources")).toBe("http://localhost:8080");
    expect(["localhost:8080", "127.0.0.1:8080", "localhost.example.com"].map(readGatewayUrl)).toEqual([
      "http://localhost:8080",
      "http://127.0.0.1:8080",
      "https://localhost.example.com",
    ]);
    for (const wrong of ["ftp://a", "https://user:pass@a", "https://a?b", ""]) {
      expect(() => readGatewayUrl(wrong)).toThrow("is not the address of a gateway");
    }
    expect(["http://a", "http://localhost:1", "http://127.0.0.1", "https://a"].map(isPlain)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

describe("a line about an event", () => {
  const counts = { pending: 0, retrying: 0, delivered: 0, failed: 0, held: 0, discarded: 0 };
  const event = {
    id: "e1",
    received_at: "2026-01-02T03:04:05.678Z",
    method: "POST",
    path_tail: "",
    query: "a=1",
    content_type: "application/json",
    body_size: 2_048,
    remote_address: "192.0.2.1",
    type: "order\u001b[2Jcreated",
    delivery_counts: { ...counts, delivered: 1 },
    webhook_id: "1",
    webhook: "Shop",
  };

  test("names its time, request, size and state, and controls no terminal", () => {
    expect(eventTable([event], true)).toEqual([
      "RECEIVED (UTC)       EVENT  TYPE              REQUEST     SIZE  STATE      WEBHOOK",
      "2026-01-02 03:04:05  e1     order?[2Jcreated  POST /?a=1  2 KB  delivered  Shop",
    ]);
  });

  test("says what is wrong first", () => {
    const state = (changes: Partial<typeof counts>) =>
      stateOf({ delivery_counts: { ...counts, ...changes } });
    expect(state({})).toBe("stored");
    expect(state({ delivered: 2 })).toBe("2 delivered");
    expect(state({ pending: 1 })).toBe("pending");
    expect(state({ pending: 2, retrying: 1, failed: 1, delivered: 3 })).toBe(
      "1 failed, 1 retrying, 1 pending, 3 delivered",
    );
  });
});
