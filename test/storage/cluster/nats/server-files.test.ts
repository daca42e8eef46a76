import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNatsKey } from "../../../../src/storage/cluster/nats/keys.ts";
import { type NatsServerPlan, natsServerFiles } from "../../../../src/storage/cluster/nats/server-files.ts";
import { fetchNatsServer, natsTest } from "../../../support/nats/nats-test.ts";

const TLS = join(import.meta.dir, "../../../support/tls");

const plan: NatsServerPlan = {
  servers: ["n1", "n2", "n3"].map((name) => ({ name, host: `${name}.example.com` })),
  keys: {
    gateways: (await createNatsKey()).publicKey,
    system: (await createNatsKey()).publicKey,
  },
  routePassword: "0123456789abcdef",
  maxStorageBytes: 20 * 1024 ** 3,
  tls: null,
};

async function check(executable: string, text: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "webhooker-nats-"));
  writeFileSync(join(folder, "nats.conf"), text);
  const child = Bun.spawn([executable, "-t", "-c", join(folder, "nats.conf")], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const told = (await new Response(child.stderr).text()) + (await new Response(child.stdout).text());
  rmSync(folder, { recursive: true });
  return `${await child.exited} ${told}`;
}

fetchNatsServer();

describe("the files of the servers", () => {
  natsTest("are accepted by nats-server", async (executable) => {
    for (const { text } of natsServerFiles(plan)) {
      expect(await check(executable, text)).toMatch(/^0 .*configuration file .* is valid/);
    }
  });

  natsTest("are accepted with certificates", async (executable) => {
    const tls = {
      certificate: join(TLS, "secure-test.crt"),
      key: join(TLS, "secure-test.key"),
      authority: join(TLS, "authority.crt"),
    };
    for (const { text } of natsServerFiles({ ...plan, tls })) {
      expect(text).not.toContain("Fill in");
      expect(await check(executable, text)).toMatch(/^0 .*configuration file .* is valid/);
    }
  });

  natsTest("are accepted once what they leave to fill in is filled in", async (executable) => {
    for (const { text } of natsServerFiles(plan)) {
      const filled = text
        .replaceAll(/^( *)# (tls \{| {2}(cert|key|ca)_file| {2}timeout|\}$)/gm, "$1$2")
        .replaceAll("/etc/nats/server", join(TLS, "secure-test"))
        .replaceAll("/etc/nats", TLS);
      expect(filled.match(/^ *tls \{/gm)).toHaveLength(2);
      expect(await check(executable, filled)).toMatch(/^0 .*configuration file .* is valid/);
    }
  });

  test("sync always, route to the other two, and name who may sign in", () => {
    const [first] = natsServerFiles(plan);
    expect(first?.name).toBe("n1");
    expect(first?.text).toMatch(/^ {2}sync_interval: always$/m);
    expect(first?.text).toMatch(/^max_payload: 8MB$/m);
    expect(first?.text.match(/nats:\/\/[^"]+/g)).toEqual([
      "nats://routes:0123456789abcdef@n2.example.com:6222",
      "nats://routes:0123456789abcdef@n3.example.com:6222",
    ]);
    expect(first?.text).toContain(plan.keys.gateways);
    expect(first?.text).toContain(plan.keys.system);
  });

  test.each([
    ["two servers", { servers: plan.servers.slice(0, 2) }],
    ["four servers", { servers: [...plan.servers, { name: "n4", host: "n4" }] }],
    ["a name twice", { servers: [...plan.servers.slice(0, 2), { name: "n2", host: "n4" }] }],
    ["a name that breaks a line", { servers: [...plan.servers.slice(0, 2), { name: "n3\n}", host: "n3" }] }],
    ["a host with a space", { servers: [...plan.servers.slice(0, 2), { name: "n3", host: "n 3" }] }],
    ["a short password", { routePassword: "0123" }],
    ["a password that is none in an address", { routePassword: "0123456789abcdef@" }],
    ["a seed instead of a public key", { keys: { ...plan.keys, system: `S${plan.keys.system}` } }],
    ["no space on disk", { maxStorageBytes: 0 }],
  ])("are not made of %s", (_name, fault) => {
    expect(() => natsServerFiles({ ...plan, ...fault })).toThrow(RangeError);
  });
});
