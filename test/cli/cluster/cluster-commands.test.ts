import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nkeys } from "@nats-io/transport-node";
import { Command, CommanderError } from "commander";
import { addClusterCommands } from "../../../src/cli/cluster/cluster-commands.ts";
import { loadConfig } from "../../../src/config.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { AppError } from "../../../src/lib/errors.ts";
import { fetchNatsServer, natsTest } from "../../support/nats/nats-test.ts";

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "webhooker-init-")), "cluster");
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true }));

const THREE = ["n1=10.0.0.1", "n2=n2.example.com:4333", "n3=[fd00::3]"];

/** Runs `webhooker cluster init` with these servers. */
async function init(servers: readonly string[], ...more: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  addClusterCommands(program, {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    loadConfig: () => loadConfig({}),
    clock: systemClock,
  });
  for (const command of program.commands.flatMap((each) => [each, ...each.commands]))
    command.exitOverride().configureOutput({ writeErr: () => undefined });
  const words = servers.flatMap((server) => ["--server", server]);
  await program.parseAsync(["cluster", "init", ...words, "--out", folder, ...more], { from: "user" });
  return { out: out.join("\n"), err: err.join("\n") };
}

async function failure(run: Promise<unknown>): Promise<string> {
  try {
    await run;
  } catch (error) {
    if (error instanceof CommanderError || error instanceof AppError) return error.message;
    throw error;
  }
  return "";
}

const read = (name: string) => readFileSync(join(folder, name), "utf8");

fetchNatsServer();

describe("webhooker cluster init", () => {
  test("writes a file for each server and two seeds, readable for their owner only", async () => {
    const { err } = await init(THREE);
    const names = ["gateway.nk", "nats-n1.conf", "nats-n2.conf", "nats-n3.conf", "system.nk"];
    expect(readdirSync(folder).toSorted()).toEqual(names);
    for (const name of names) {
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
      expect(err).toContain(name);
    }
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test("lets the gateways' seed into their account, and the other into the system account", async () => {
    await init(THREE);
    const publicKeyOf = (name: string) =>
      nkeys.fromSeed(new TextEncoder().encode(read(name).trim())).getPublicKey();
    const users = /WEBHOOKER \{[^}]*nkey: "(\w+)"[\s\S]*SYS \{[^}]*nkey: "(\w+)"/;
    for (const name of ["n1", "n2", "n3"]) {
      const [, gateways, system] = users.exec(read(`nats-${name}.conf`)) ?? [];
      expect([gateways, system]).toEqual([publicKeyOf("gateway.nk"), publicKeyOf("system.nk")]);
    }
    expect(read("gateway.nk")).not.toBe(read("system.nk"));
  });

  test("gives the servers one password for their routes, their ports, and the room on their disks", async () => {
    await init(THREE, "--max-bytes", "5gib");
    const texts = ["n1", "n2", "n3"].map((name) => read(`nats-${name}.conf`));
    const passwords = texts.map((text) => /user: routes, password: "(\w{32})"/.exec(text)?.[1]);
    expect(new Set(passwords).size).toBe(1);
    expect(texts.map((text) => /^listen: (.*)$/m.exec(text)?.[1])).toEqual([
      '"0.0.0.0:4222"',
      '"0.0.0.0:4333"',
      '"[::]:4222"',
    ]);
    for (const text of texts) expect(text).toContain("max_file_store: 5368709120\n");
    expect(texts[0]).toContain(`@n2.example.com:6222"\n    "nats://routes:${passwords[0]}@[fd00::3]:6222"`);
  });

  natsTest("writes files that nats-server accepts", async (executable) => {
    await init(THREE);
    for (const name of ["n1", "n2", "n3"]) {
      const path = join(folder, `nats-${name}.conf`);
      expect(
        await Bun.spawn([executable, "-t", "-c", path], { stdio: ["ignore", "ignore", "ignore"] }).exited,
      ).toBe(0);
    }
  });

  test("prints variables that the gateway takes, with the written seeds", async () => {
    const { out } = await init(THREE, "--max-bytes", "5GiB");
    const lines = out.split("\n").filter((line) => !line.startsWith("#"));
    const env = Object.fromEntries(lines.map((line) => line.split("=", 2)));
    const key = Buffer.alloc(32).toString("base64");
    const config = loadConfig(
      { ...env, WEBHOOKER_ENVIRONMENT: "prod" },
      (path) => (path.endsWith("/secret.key") ? key : read(path.replace("/etc/webhooker/", ""))),
      "host-1",
    );
    expect(config.cluster?.nats).toMatchObject({
      url: "nats://10.0.0.1,n2.example.com:4333,[fd00::3]",
      credentials: read("gateway.nk").trim(),
      systemCredentials: read("system.nk").trim(),
      maxBytes: 2.5 * 1024 ** 3,
    });
    expect(out).toContain("\n# CLUSTER_NODE=");
    expect(out).toContain("\n# CLUSTER_ADVERTISE=http://");
  });

  test("leaves the log's size out where it is the default", async () => {
    const { out } = await init(THREE);
    expect(out).not.toContain("CLUSTER_LOG_MAX_BYTES");
    expect(read("nats-n1.conf")).toContain(`max_file_store: ${20 * 1024 ** 3}\n`);
  });

  test("says what to do next, step by step, without a secret", async () => {
    const { out, err } = await init(THREE);
    expect(err).toContain(`to ${folder}.\n`);
    expect(err).toContain("10.0.0.1: nats-server -c /etc/nats/nats-n1.conf\n");
    expect(err).toContain("Copy gateway.nk and system.nk to /etc/webhooker at every gateway");
    expect(err).toContain("openssl rand -base64 32 > secret.key");
    expect(err.match(/^\d\. /gm)).toEqual(["1. ", "2. ", "3. ", "4. "]);
    expect(err).not.toContain(".crt");
    expect(`${out}${err}`).not.toMatch(/SU[A-Z2-7]{56}/);
  });

  test("prepares TLS between all, with certificates that the operator puts in place", async () => {
    const { out, err } = await init(THREE, "--tls");
    expect(out).toContain("CLUSTER_URL=tls://10.0.0.1,");
    expect(out).toContain("CLUSTER_TLS_CA_FILE=/etc/webhooker/authority.crt\n");
    expect(read("nats-n1.conf").match(/^ *tls \{$/gm)).toHaveLength(2);
    expect(err).toContain("server.key");
    expect(err).toContain("Copy authority.crt there too.");
  });

  test("takes five servers", async () => {
    await init(["a=h1", "b=h2", "c=h3", "d=h4", "e=h5"]);
    expect(read("nats-e.conf").match(/nats:\/\/routes:/g)).toHaveLength(4);
  });

  test.each([
    ["two servers", THREE.slice(0, 2), /three or five servers are needed, not 2/],
    ["four servers", [...THREE, "n4=n4"], /three or five servers are needed, not 4/],
    ["a name twice", ["n1=a", "N1=b", "n2=c"], /a name of its own/],
    ["a host twice", ["n1=a", "n2=A:4333", "n3=c"], /a machine of its own/],
    ["a server without a host", ["n1", "n2=b", "n3=c"], /Use NAME=HOST/],
    ["a name that is a path", ["../n1=a", "n2=b", "n3=c"], /Use NAME=HOST/],
    ["an address of IPv6 without brackets", ["n1=fd00::1", "n2=b", "n3=c"], /Use NAME=HOST/],
    ["a port out of range", ["n1=a:65536", "n2=b", "n3=c"], /Use NAME=HOST/],
  ])("refuses %s, and writes nothing", async (_name, servers, message) => {
    expect(await failure(init(servers))).toMatch(message);
    expect(() => statSync(folder)).toThrow("ENOENT");
  });

  test.each(["20", "127MiB", "20GB", "GiB", "1.5TiB", "9999999TiB"])("refuses a size of %s", async (size) => {
    expect(await failure(init(THREE, "--max-bytes", size))).toContain("such as 20GiB");
  });

  test("never overwrites: a folder that is not empty is refused as it is", async () => {
    await init(THREE);
    const before = read("gateway.nk");
    expect(await failure(init(THREE))).toBe(`The folder ${folder} is not empty.`);
    expect(read("gateway.nk")).toBe(before);
  });

  test("uses an empty folder that is there, and names a file in its place", async () => {
    mkdirSync(folder);
    await init(THREE);
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "");
    expect(await failure(init(THREE))).toBe(`The folder ${folder} cannot be used (EEXIST).`);
  });
});
