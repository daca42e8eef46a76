/** The configuration of a cluster: defaults, values, files, and combinations that are refused. */
import { describe, expect, test } from "bun:test";
import { ConfigError, loadConfig } from "../src/config.ts";
import type { NatsOptions } from "../src/storage/cluster/nats/options.ts";

const KEY = Buffer.alloc(32, 7).toString("base64");
const CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
const PRIVATE_KEY = "-----BEGIN EC PRIVATE KEY-----\nMIIB\n-----END EC PRIVATE KEY-----";

const enough = {
  WEBHOOKER_ENVIRONMENT: "prod",
  SECRET_KEY: KEY,
  CLUSTER_URL: "nats://n1,n2:4223,[fd00::3]:4222",
  CLUSTER_SYSTEM_CREDENTIALS: "SUSYSTEM",
};
const encrypted = { ...enough, CLUSTER_URL: "tls://n1,n2,n3" };

type Env = Readonly<Record<string, string | undefined>>;

function load(env: Env, files: Readonly<Record<string, string>> = {}, hostName = "host-1") {
  const readFile = (path: string) => {
    const content = files[path];
    if (content === undefined) throw Object.assign(new Error("nope"), { code: "ENOENT" });
    return content;
  };
  return loadConfig(env, readFile, hostName);
}

function faultsOf(env: Env, hostName?: string): readonly string[] {
  try {
    load(env, {}, hostName);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const { hint } of error.faults) expect(hint).toMatch(/^(Set|Leave) /);
    return error.faults.map(({ variable, fault }) => `${variable} ${fault}`);
  }
  return [];
}

describe("a cluster", () => {
  test("needs servers, the shared secret key and a user who asks for the servers' settings", () => {
    expect(load(enough).cluster).toEqual({
      node: "host-1",
      advertise: "http://host-1:8080",
      copies: 2,
      nats: {
        url: "nats://n1,n2:4223,[fd00::3]:4222",
        credentials: null,
        systemCredentials: "SUSYSTEM",
        tls: { authority: null, certificate: null, key: null },
        node: "host-1",
        cluster: null,
        shards: 1,
        maxBytes: 10 * 1024 ** 3,
      },
    });
    expect(faultsOf({ CLUSTER_URL: "nats://n1", CLUSTER_ADVERTISE: "http://n1:8080" })).toEqual([
      "SECRET_KEY is missing while CLUSTER_URL is set",
      "CLUSTER_SYSTEM_CREDENTIALS is missing while CLUSTER_URL is set",
    ]);
  });

  test("has every variable in the form that the log takes", () => {
    const { cluster } = load({
      ...encrypted,
      PORT: "9000",
      CLUSTER_CREDENTIALS: "SUGATEWAY",
      CLUSTER_TLS_CA: CERTIFICATE,
      CLUSTER_TLS_CERTIFICATE: `${CERTIFICATE}\n${CERTIFICATE}`,
      CLUSTER_TLS_KEY: PRIVATE_KEY,
      CLUSTER_NAME: "orders-2",
      CLUSTER_NODE: "eu_1.b-2",
      CLUSTER_ADVERTISE: "https://10.0.0.1:8443/",
      CLUSTER_LOG_MAX_BYTES: "67108864",
    });
    const options: NatsOptions | undefined = cluster?.nats;
    expect([cluster?.node, cluster?.advertise]).toEqual(["eu_1.b-2", "https://10.0.0.1:8443"]);
    expect(options).toEqual({
      url: "tls://n1,n2,n3",
      credentials: "SUGATEWAY",
      systemCredentials: "SUSYSTEM",
      tls: { authority: CERTIFICATE, certificate: `${CERTIFICATE}\n${CERTIFICATE}`, key: PRIVATE_KEY },
      node: "eu_1.b-2",
      cluster: "orders-2",
      shards: 1,
      maxBytes: 67_108_864,
    });
  });

  test("reads keys and certificates from files", () => {
    const files = {
      "/k/secret": KEY,
      "/k/gateway": "SUGATEWAY\n",
      "/k/system": "SUSYSTEM\n",
      "/k/ca": `${CERTIFICATE}\n`,
      "/k/crt": `${CERTIFICATE}\n`,
      "/k/key": `${PRIVATE_KEY}\n`,
    };
    const env = {
      WEBHOOKER_ENVIRONMENT: "prod",
      SECRET_KEY_FILE: "/k/secret",
      CLUSTER_URL: "tls://n1,n2,n3",
      CLUSTER_CREDENTIALS_FILE: "/k/gateway",
      CLUSTER_SYSTEM_CREDENTIALS_FILE: "/k/system",
      CLUSTER_TLS_CA_FILE: "/k/ca",
      CLUSTER_TLS_CERTIFICATE_FILE: "/k/crt",
      CLUSTER_TLS_KEY_FILE: "/k/key",
    };
    expect(load(env, files).cluster?.nats).toMatchObject({
      credentials: "SUGATEWAY",
      systemCredentials: "SUSYSTEM",
      tls: { authority: CERTIFICATE, certificate: CERTIFICATE, key: PRIVATE_KEY },
    });
    // A file that cannot be read is one fault, not a missing variable besides.
    expect(faultsOf({ ...enough, SECRET_KEY: undefined, SECRET_KEY_FILE: "/none" })).toEqual([
      "SECRET_KEY_FILE the file /none cannot be read (ENOENT)",
    ]);
  });

  test.each([
    ["CLUSTER_URL", "n1,n2,n3"],
    ["CLUSTER_URL", "http://n1"],
    ["CLUSTER_URL", "nats://n1,,n3"],
    ["CLUSTER_URL", "nats://n1/path"],
    ["CLUSTER_URL", "nats://user:password@n1"],
    ["CLUSTER_NODE", "a b"],
    ["CLUSTER_NODE", "a".repeat(65)],
    ["CLUSTER_ADVERTISE", "10.0.0.1:8080"],
    ["CLUSTER_ADVERTISE", "http://10.0.0.1:8080/path"],
    ["CLUSTER_LOG_MAX_BYTES", "10GiB"],
    ["CLUSTER_LOG_MAX_BYTES", "67108863"],
    ["CLUSTER_TLS_CA", "/etc/nats/authority.crt"],
    ["CLUSTER_TLS_CA", PRIVATE_KEY],
  ])("with %s=%p is refused by name, and the value of a URL is not repeated", (name, value) => {
    const faults = faultsOf({ ...encrypted, [name]: value });
    expect(faults).toEqual([expect.stringMatching(new RegExp(`^${name} `))]);
    expect(faults.join()).not.toContain("password@");
  });

  test("is refused with bodies that no record of the log has room for", () => {
    expect(faultsOf({ ...enough, MAX_BODY_BYTES: "62914560" })).toEqual([]);
    expect(faultsOf({ ...enough, MAX_BODY_BYTES: "62914561" })).toEqual([
      "MAX_BODY_BYTES is more than 62914560 while CLUSTER_URL is set",
    ]);
  });

  test("is refused beside a replicator of the files", () => {
    expect(faultsOf({ ...enough, CHECKPOINTS: "replicator" })).toEqual([
      "CHECKPOINTS is replicator while CLUSTER_URL is set",
    ]);
  });

  test("uses certificates with tls:// only, and its own with its key", () => {
    expect(faultsOf({ ...enough, CLUSTER_TLS_CA: CERTIFICATE })).toEqual([
      "CLUSTER_TLS_CA is set while CLUSTER_URL begins with nats://",
    ]);
    expect(faultsOf({ ...encrypted, CLUSTER_TLS_CERTIFICATE: CERTIFICATE })).toEqual([
      "CLUSTER_TLS_KEY is missing while CLUSTER_TLS_CERTIFICATE is set",
    ]);
    expect(faultsOf({ ...encrypted, CLUSTER_TLS_KEY: PRIVATE_KEY })).toEqual([
      "CLUSTER_TLS_CERTIFICATE is missing while CLUSTER_TLS_KEY is set",
    ]);
  });

  test("has no default name or URL that other nodes could not use", () => {
    expect(faultsOf({ ...enough, HOST: "127.0.0.1" })).toEqual([
      "CLUSTER_ADVERTISE is missing while HOST is 127.0.0.1",
    ]);
    expect(faultsOf({ ...enough, WEBHOOKER_ENVIRONMENT: "dev" })).toEqual([
      "CLUSTER_ADVERTISE is missing while HOST is 127.0.0.1",
    ]);
    expect(faultsOf({ ...enough, PORT: "00" })).toEqual(["CLUSTER_ADVERTISE is missing while PORT is 0"]);
    expect(faultsOf(enough, "Ada's laptop")).toEqual([
      "CLUSTER_NODE is missing while the host name cannot stand in for it",
      "CLUSTER_ADVERTISE is missing while the host name cannot stand in for it",
    ]);
    const given = { CLUSTER_NODE: "a", CLUSTER_ADVERTISE: "http://127.0.0.1:1" };
    expect(faultsOf({ ...enough, ...given, HOST: "127.0.0.1", PORT: "0" }, "Ada's laptop")).toEqual([]);
  });
});

test("One machine has no cluster, and refuses what a cluster alone has, so that a forgotten URL shows", () => {
  expect(load({}).cluster).toBeNull();
  expect(faultsOf({ CLUSTER_NODE: "a", CLUSTER_CREDENTIALS: "SUGATEWAY" })).toEqual([
    "CLUSTER_URL is missing while CLUSTER_CREDENTIALS is set",
  ]);
});
