import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createKeyRing } from "../../src/lib/crypto.ts";
import { redactConfig, sealConfig } from "../../src/settings/sealed-config.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { failed } from "./contract.ts";
import { attemptOf, startTargetBench } from "./target-bench.ts";

const fixture = (name: string) => readFileSync(join(import.meta.dir, "../support/tls", name), "utf8");
const authority = fixture("authority.crt");
const server = { key: fixture("secure-test.key"), cert: fixture("secure-test.crt") };
/** Self-signed, for clients. */
const client = {
  tls_client_certificate: fixture("gateway-client.crt"),
  tls_client_key: fixture("gateway-client.key"),
};

let open: Receiver;
let guarded: Receiver;
let bench: Awaited<ReturnType<typeof startTargetBench>>;
beforeAll(async () => {
  open = await startReceiver({ tls: server });
  guarded = await startReceiver({ tls: { ...server, clientCa: client.tls_client_certificate } });
});
afterAll(() => Promise.all([open.close(), guarded.close()]));
beforeEach(async () => {
  bench = await startTargetBench("http");
});
afterEach(() => bench.stop());

const deliver = (receiver: Receiver, settings: Record<string, unknown>) =>
  bench.type.deliver(attemptOf({ url: `https://secure.test:${receiver.port}/`, ...settings }));

describe("a target's own TLS", () => {
  test("trusts the configured authority", async () => {
    expect((await deliver(open, { tls_ca: authority })).kind).toBe("delivered");
    expect(failed(await deliver(open, {})).error).toContain("unknown CA");
  });

  test("then trusts no other authority, and has no effect on other targets", async () => {
    expect(failed(await deliver(open, { tls_ca: client.tls_client_certificate })).error).toContain(
      "TLS with",
    );
    expect((await deliver(open, { tls_ca: authority })).kind).toBe("delivered");
    expect(failed(await deliver(open, {})).error).toContain("unknown CA");
  });

  test("presents its certificate to a receiver that requires one", async () => {
    expect((await deliver(guarded, { tls_ca: authority, ...client })).kind).toBe("delivered");
    const before = guarded.requests.length;
    expect(failed(await deliver(guarded, { tls_ca: authority })).kind).toBe("failed");
    expect(guarded.requests).toHaveLength(before);
  });

  test("shares no connection with targets of another identity", async () => {
    const used: (number | undefined)[] = [];
    for (const settings of [{ ...client }, {}, { ...client }]) {
      await deliver(open, { tls_ca: authority, ...settings });
      used.push(open.requests.at(-1)?.connection);
    }
    expect(used[0]).toBe(used[2]);
    expect(used[1]).not.toBe(used[0]);
  });

  test("is not used for another origin that a redirect leads to", async () => {
    const other = await startReceiver({ tls: server });
    open.answerWith({ status: 307, headers: { location: `https://also.test:${other.port}/` } });
    const outcome = failed(await deliver(open, { tls_ca: authority, ...client, follow_redirects: true }));
    // Not even the private authority is trusted there.
    expect(outcome.error).toContain("after a redirect: TLS with also.test");
    expect(other.requests).toHaveLength(0);
    open.answerWith({});
    await other.close();
  });
});

describe("settings of TLS", () => {
  const url = "https://secure.test/";
  const faults = (settings: Record<string, unknown>) => {
    const result = bench.type.configSchema.safeParse({ url, ...settings });
    return result.success
      ? {}
      : Object.fromEntries(result.error.issues.map((i) => [i.path.join("."), i.message]));
  };

  test("can be pasted with any line ends, and stay unchanged from then on", () => {
    const pasted = `  \r\n${authority.replaceAll("\n", "\r\n")}\r\n`;
    expect(bench.type.configSchema.parse({ url, tls_ca: pasted })).toMatchObject({ tls_ca: authority });
    expect(faults({ tls_ca: `${authority}${server.cert}`, ...client })).toEqual({});
  });

  test("that are not PEM are refused in words that never repeat them", () => {
    const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    const foreign = String(other.export({ format: "pem", type: "pkcs8" }));
    const locked = String(
      other.export({ format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "hunter2" }),
    );
    const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    const cases: [settings: Record<string, unknown>, field: string, word: string][] = [
      [{ tls_ca: "hunter2" }, "tls_ca", "must be in PEM"],
      [{ tls_ca: broken }, "tls_ca", "is not a certificate"],
      [{ tls_ca: authority + broken }, "tls_ca", "certificate 2 cannot be read"],
      [{ tls_ca: client.tls_client_key }, "tls_ca", "its own field"],
      [{ ...client, tls_client_key: "hunter2" }, "tls_client_key", "must be in PEM"],
      [{ ...client, tls_client_key: authority }, "tls_client_key", "must be in PEM"],
      [{ ...client, tls_client_key: locked }, "tls_client_key", "is encrypted"],
      [{ ...client, tls_client_key: foreign }, "tls_client_key", "does not match the client certificate"],
      [{ tls_client_key: client.tls_client_key }, "tls_client_certificate", "is missing"],
      [{ tls_client_certificate: client.tls_client_certificate }, "tls_client_key", "is missing"],
      [{ url: "http://secure.test/", tls_ca: authority }, "tls_ca", "needs an https URL"],
    ];
    for (const [settings, field, word] of cases) {
      const found = faults(settings);
      expect([word, Object.keys(found)]).toEqual([word, [field]]);
      expect(found[field]).toContain(word);
      expect(JSON.stringify(found)).not.toMatch(/hunter2|PRIVATE KEY-----[^ ]/);
    }
  });

  test("keep the private key sealed at rest and redacted", () => {
    const keys = createKeyRing(new Uint8Array(32).fill(7));
    const config = bench.type.configSchema.parse({ url, ...client });
    const sealed = sealConfig({ type: bench.type, config, owner: "targets:t1", keys });
    expect(JSON.stringify(sealed)).not.toContain("PRIVATE KEY");
    expect(redactConfig({ type: bench.type, config: sealed })).toMatchObject({
      tls_client_certificate: client.tls_client_certificate,
      tls_client_key: "[secret]",
    });
  });
});
