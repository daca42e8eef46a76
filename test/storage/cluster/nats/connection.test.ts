import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../../../../src/config.ts";
import { systemClock } from "../../../../src/lib/clock.ts";
import { type Connection, connectToNats } from "../../../../src/storage/cluster/nats/connection.ts";
import {
  addressesOf,
  authenticatorOf,
  type NatsOptions,
} from "../../../../src/storage/cluster/nats/options.ts";
import { type FakeNats, startFakeNats } from "../../../support/nats/fake-nats.ts";
import { openTestLog, readInto } from "../../../support/nats/log-world.ts";
import { type NatsServers, startNatsServers } from "../../../support/nats/nats-servers.ts";
import { fetchNatsServer, natsTest } from "../../../support/nats/nats-test.ts";
import { appErrorOf, thrownBy } from "../../../support/thrown.ts";

const TLS = join(import.meta.dir, "../../../support/tls");
const fixture = (name: string) => readFileSync(join(TLS, name), "utf8");
const certificates = {
  certificate: join(TLS, "secure-test.crt"),
  key: join(TLS, "secure-test.key"),
  authority: join(TLS, "authority.crt"),
};
const none = { authority: null, certificate: null, key: null };

function connectTo(url: string, changes: Partial<NatsOptions> = {}, budgetMs = 0): Promise<Connection> {
  const options = {
    url,
    credentials: null,
    systemCredentials: null,
    tls: none,
    node: "a",
    cluster: null,
    shards: 1,
    maxBytes: 1,
    ...changes,
  };
  const { credentials } = options;
  return connectToNats({
    options,
    variable: "CLUSTER_CREDENTIALS",
    credentials,
    budgetMs,
    clock: systemClock,
  });
}

let servers: NatsServers | null = null;
afterEach(async () => {
  await servers?.end();
  servers = null;
});

fetchNatsServer();

describe("encrypted connections", () => {
  natsTest("trust the authority that they are given, and no other", async () => {
    servers = await startNatsServers({ tls: certificates });
    const { options } = servers;
    expect(options.url).toStartWith("tls://");
    const log = await openTestLog(options, { tls: { ...none, authority: fixture("authority.crt") } });
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    const large = Buffer.concat(Array.from({ length: 20 }, () => bytes));
    await log.append({ shard: 0, id: "small", bytes });
    const position = await log.append({ shard: 0, id: "large", bytes: large });
    const reading = readInto(log);
    await reading.reaches(position);
    expect(reading.entries.map((entry) => entry.kind === "record" && Buffer.from(entry.bytes))).toEqual([
      Buffer.from(bytes),
      large,
    ]);
    await log.close();

    const { url } = options;
    const tls = { ...none, authority: fixture("signing-root.crt") };
    for (const connecting of [
      () => connectTo(url, { ...options, tls }),
      () => connectTo(url, { ...options, tls: none }),
      () => connectTo(url, { ...options, url: url.replace("tls", "nats") }),
    ]) {
      expect(await appErrorOf(connecting)).toMatchObject({ kind: "unavailable" });
    }
  });

  natsTest("show a certificate to servers that ask for one", async () => {
    const edit = (text: string) =>
      text.replace("  # Add `verify: true` to ask gateways for certificates too.", "  verify: true");
    servers = await startNatsServers({ tls: certificates, edit });
    const authority = fixture("authority.crt");
    const log = await openTestLog(servers.options, {
      tls: { authority, certificate: fixture("secure-test.crt"), key: fixture("secure-test.key") },
    });
    expect(await log.append({ shard: 0, id: "a", bytes: new Uint8Array(1) })).toBe(1);
    await log.close();
    const { options } = servers;
    // Each takes seconds to give up.
    const [url = ""] = options.url.split(",");
    const connecting = () => connectTo("", { ...options, url, tls: { ...none, authority } });
    expect(await appErrorOf(connecting)).toMatchObject({ kind: "unavailable" });
  });

  natsTest("are not made to servers that have none", async () => {
    servers = await startNatsServers();
    const { options } = servers;
    const connecting = () => connectTo("", { ...options, url: options.url.replace("nats", "tls") });
    expect(await appErrorOf(connecting)).toMatchObject({ kind: "unavailable" });
  });
});

describe("a connection that is lost", () => {
  let server: FakeNats;
  let connection: Connection;
  beforeEach(async () => {
    server = startFakeNats();
    connection = await connectTo(`nats://127.0.0.1:${server.port}`);
  });
  afterEach(async () => {
    await connection.close();
    server.goAway();
  });
  const request = (subject: string) =>
    connection.request(subject, new Uint8Array(1), { timeoutMs: 3_600_000 });

  test("fails what is under way at once, so that it can be tried elsewhere", async () => {
    const failed = thrownBy(() => request("whlog.0.b"));
    await server.receives(/PUB whlog\.0\.b/);
    server.goAway();
    expect(String(await failed)).toBe("Error: The connection to the NATS server was lost.");
    expect(connection.isConnected()).toBe(false);
  });

  test("takes nothing that it would send later, and tells when there is another", async () => {
    const failed = thrownBy(() => request("first"));
    await server.receives(/PUB first/);
    server.goAway();
    await failed;
    expect(String(await thrownBy(() => request("second")))).toBe(
      "Error: There is no connection to a NATS server.",
    );
    const connected = connection.connected(3_600_000);
    server.comeBack();
    await connected;
    expect(connection.isConnected()).toBe(true);
    void request("third").catch(() => undefined);
    await server.receives(/PUB third/);
    expect(server.received()).not.toMatch(/PUB second/);
    expect(server.received().match(/PUB first/g)).toHaveLength(1);
  });

  test("is not waited for longer than asked", async () => {
    const failed = thrownBy(() => request("first"));
    await server.receives(/PUB first/);
    server.goAway();
    await failed;
    await connection.connected(50);
    expect(connection.isConnected()).toBe(false);
  });
});

test("Without any server the start fails with the addresses that were tried", async () => {
  const error = await appErrorOf(() => connectTo("nats://127.0.0.1:9,127.0.0.1:10", {}, 300));
  expect(error.kind).toBe("unavailable");
  expect(error.message).toContain("127.0.0.1:9, 127.0.0.1:10");
});

describe("the address of the servers", () => {
  test.each([
    ["nats://a", { servers: ["a"], isEncrypted: false }],
    [
      "tls://a:4222,b.example.com, 10.0.0.1:1,[::1]:4222/",
      { servers: ["a:4222", "b.example.com", "10.0.0.1:1", "[::1]:4222"], isEncrypted: true },
    ],
  ])("is read: %s", (url, addresses) => {
    expect(addressesOf(url)).toEqual(addresses);
  });

  test.each([
    "",
    "a,b",
    "http://a",
    "nats://",
    "nats://a,,b",
    "nats://a:b",
    "nats://a/b",
    "nats://a?b=c",
    "ws://a",
  ])("is refused: %s", (url) => {
    expect(() => addressesOf(url)).toThrow(ConfigError);
  });

  test("is refused with a password in it, which it does not repeat", async () => {
    const error = await thrownBy(() => addressesOf("nats://me:secret@a"));
    expect(String(error)).toContain("CLUSTER_URL: contains a user or a password");
    expect(String(error)).not.toContain("secret");
  });
});

describe("credentials", () => {
  const seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
  const read = async (text: string) =>
    authenticatorOf(await import("@nats-io/transport-node"), text, "CLUSTER_CREDENTIALS")("nonce");

  test("are a seed, which signs what the server says", async () => {
    expect(await read(`${seed}\n`)).toMatchObject({
      nkey: expect.stringMatching(/^U/),
      sig: expect.any(String),
    });
  });

  test("are a .creds file", async () => {
    const file = `-----BEGIN NATS USER JWT-----\neyJ0.e30.sig\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`;
    expect(await read(file)).toMatchObject({ jwt: "eyJ0.e30.sig", sig: expect.any(String) });
  });

  test("are a user and a password, which may contain a colon", async () => {
    expect(await read("me:a:b")).toEqual({ user: "me", pass: "a:b" });
  });

  test("are nothing else, and are not repeated", async () => {
    const jwt = "-----BEGIN NATS USER JWT-----\nsecret";
    const faulty = [
      "",
      "secret",
      ":secret",
      "a secret:b",
      "SUsecret",
      "UBsecret",
      `${seed.slice(0, -2)}SE`,
      jwt,
    ];
    for (const text of faulty) {
      const error = await thrownBy(() => read(text));
      expect(error).toBeInstanceOf(ConfigError);
      expect(String(error)).not.toContain("secret");
    }
  });
});
