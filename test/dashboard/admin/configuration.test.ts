import { describe, expect, test } from "bun:test";
import { loadConfig } from "../../../src/config.ts";
import { describeConfiguration } from "../../../src/dashboard/admin/configuration.ts";

const PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----";
const CERTIFICATE = "-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----";

function linesOf(env: Readonly<Record<string, string>>) {
  const lines = describeConfiguration(loadConfig(env, () => "", "host-1"));
  return new Map(lines.filter(({ name }) => name.startsWith("CLUSTER_")).map((line) => [line.name, line]));
}

describe("the configuration of a cluster on the server page", () => {
  test("shows servers, node and sizes, and says of secrets only that they are set", () => {
    const lines = linesOf({
      WEBHOOKER_ENVIRONMENT: "prod",
      SECRET_KEY: Buffer.alloc(32, 7).toString("base64"),
      CLUSTER_URL: "tls://n1,n2,n3",
      CLUSTER_CREDENTIALS: "gateway:hunter2",
      CLUSTER_SYSTEM_CREDENTIALS: "system:hunter2",
      CLUSTER_TLS_CERTIFICATE: CERTIFICATE,
      CLUSTER_TLS_KEY: PRIVATE_KEY,
    });
    expect([...lines].map(([name, { value }]) => `${name} ${value}`)).toEqual([
      "CLUSTER_URL tls://n1,n2,n3",
      "CLUSTER_CREDENTIALS set",
      "CLUSTER_SYSTEM_CREDENTIALS set",
      "CLUSTER_TLS_CA not set",
      "CLUSTER_TLS_CERTIFICATE set",
      "CLUSTER_TLS_KEY set",
      "CLUSTER_NAME not set",
      "CLUSTER_NODE host-1",
      "CLUSTER_ADVERTISE http://host-1:8080",
      "CLUSTER_COPIES 2",
      "CLUSTER_LOG_MAX_BYTES 10737418240",
    ]);
    expect(lines.get("CLUSTER_NODE")?.isChanged).toBe(true);
    expect(lines.get("CLUSTER_TLS_CA")?.isChanged).toBe(false);
  });

  test("is not set on one machine", () => {
    for (const { value, isChanged } of linesOf({}).values())
      expect([value, isChanged]).toEqual(["not set", false]);
  });
});
