import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { entrypointSchema } from "../../src/api/schemas.ts";
import { errorCodeOf } from "../support/api-client.ts";
import { Gateway, makeFolder, runExecutable, startGateway } from "../support/gateway.ts";
import { startReceiver } from "../support/receiver.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
}

/** The two lines on how to sign in: origin, password, link and the link's token. */
const FIRST_START =
  /^Dashboard: (\S+) · user admin · password (\S{16,}) \(not shown again\)\nSign in without it, once, within 15 minutes: (\S+\?token=(\S{40,}))\n$/;

/** Presses the button behind the link; returns where that leads. */
async function signInBy(link: string): Promise<string | null> {
  const { origin, pathname, searchParams } = new URL(link);
  const answer = await fetch(origin + pathname, {
    method: "POST",
    headers: { "sec-fetch-site": "same-origin" },
    body: new URLSearchParams(searchParams),
    redirect: "manual",
  });
  return answer.headers.get("location");
}

describe("the first start", () => {
  test("needs an empty folder and nothing in the environment", async () => {
    await using gateway = await startGateway();
    expect(await gateway.api.isHealthy()).toBe(true);
    expect(readdirSync(gateway.folder)).toEqual(["data"]);
  });

  test("uses the port that the system chose in the URLs of entrypoints", async () => {
    await using gateway = await startGateway();
    const { webhookId, entrypointId } = await gateway.api.setUpWebhook();
    const response = await gateway.api.request("GET", `/webhooks/${webhookId}/entrypoints/${entrypointId}`);
    const { url } = entrypointSchema.parse(await response.json());
    expect(url).toBe(`http://localhost:${gateway.port}/webhook/${entrypointId}`);
  });

  test("prints the admin's password to the terminal, once, and stores it nowhere", async () => {
    await using gateway = await startGateway();
    const [, origin, password = "", link = "", token = ""] = await gateway.waitForTerminal(FIRST_START);
    expect(origin).toBe(`http://localhost:${gateway.port}`);
    expect(gateway.terminal.split(password)).toHaveLength(2);
    await gateway.api.setUpWebhook();
    expect(await signInBy(link)).toBe("/sources");
    expect(await signInBy(link)).toBe(null);
    const { out } = await gateway.stop();
    expect(out).not.toContain(password);
    expect(out).not.toContain(token);
    for (const path of filesUnder(gateway.folder).filter((each) => statSync(each).isFile())) {
      expect(readFileSync(path).includes(password)).toBe(false);
    }

    await gateway.start();
    const { out: log, err: terminal } = await gateway.stop();
    expect(terminal).toBe("");
    expect(log).not.toContain("password");
  });

  test("continues in its own process with enough threads for a busy disk, unless the number is configured", async () => {
    const environmentOf = ({ pid }: Gateway) => readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    await using gateway = await startGateway({ before: "set -- serve" });
    expect(environmentOf(gateway)).toContain("UV_THREADPOOL_SIZE=32");
    expect(environmentOf(gateway)).toContain("PORT=0");
    const words = readFileSync(`/proc/${gateway.pid}/cmdline`, "utf8").split("\0");
    expect(words.slice(1)).toEqual(["serve", ""]);
    await using told = await startGateway({ env: { UV_THREADPOOL_SIZE: "3" } });
    expect(environmentOf(told)).toContain("UV_THREADPOOL_SIZE=3");
  });

  test("does not print a configured password", async () => {
    const password = "given by the operator";
    await using gateway = await startGateway({ env: { ADMIN_PASSWORD: password, LOG_LEVEL: "debug" } });
    const { out, err } = await gateway.stop();
    expect(err).toBe("");
    expect(out).not.toContain(password);
  });

  test("reads no .env and no bunfig.toml in the working directory", async () => {
    const gateway = new Gateway(makeFolder());
    writeFileSync(join(gateway.folder, ".env"), "LOG_LEVEL=nonsense\n");
    writeFileSync(join(gateway.folder, "bunfig.toml"), 'preload = ["./preload.js"]\n');
    writeFileSync(join(gateway.folder, "preload.js"), "process.exit(3);\n");
    await gateway.start();
    expect(await gateway.api.isHealthy()).toBe(true);
    await gateway.remove();
  });

  test("creates files that nobody else can read, in folders that others can enter", async () => {
    const gateway = new Gateway(makeFolder(), {
      env: { DATA_DIR: "./events", DBURL: "./main/main.db" },
      before: "umask 000",
    });
    for (const name of ["events", "main"]) mkdirSync(join(gateway.folder, name), { mode: 0o755 });
    await gateway.start();
    const { entrypointId } = await gateway.api.setUpWebhook([{ type: "database" }]);
    await fetch(gateway.entrypointUrl(entrypointId), { method: "POST", body: "private" });
    const files = filesUnder(gateway.folder).filter((path) => statSync(path).isFile());
    expect(files.length).toBeGreaterThan(3);
    expect(files.filter((path) => (statSync(path).mode & 0o077) !== 0)).toEqual([]);
    await gateway.remove();
  });

  test("fails with the names of all invalid variables, and creates nothing", async () => {
    const folder = makeFolder();
    const env = { PORT: "eighty", RETENTION_DAYS: "0", SECRET_KEY: "c2hvcnQ" };
    const { code, out, err } = await runExecutable({ args: [], folder, env });
    expect(code).toBe(1);
    expect(out).toBe("");
    for (const name of Object.keys(env)) expect(err).toMatch(new RegExp(`^  ${name}: `, "m"));
    expect(err).not.toContain(env.SECRET_KEY);
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  test("fails with a clear message if the port is taken or the folder cannot be used", async () => {
    await using gateway = await startGateway();
    const folder = makeFolder();
    const taken = await runExecutable({ args: ["serve"], folder, env: { PORT: String(gateway.port) } });
    expect(taken.code).toBe(1);
    expect(taken.err).toContain(String(gateway.port));
    expect(taken.err).not.toMatch(/^\s+at /m);
    writeFileSync(join(folder, "file"), "");
    const unusable = await runExecutable({ args: ["serve"], folder, env: { PORT: "0", DATA_DIR: "./file" } });
    expect(unusable.code).toBe(1);
    expect(unusable.err).toContain("DATA_DIR");
    rmSync(folder, { recursive: true });
  });
});

describe("a running gateway", () => {
  test("refuses a second one on its folder and continues", async () => {
    await using gateway = await startGateway();
    const { code, out, err } = await gateway.run(["serve"], { env: { PORT: "0" } });
    expect(code).toBe(1);
    expect(out).toBe("");
    expect(err).toContain("Another webhooker is using the data folder");
    expect(await gateway.api.isHealthy()).toBe(true);
    await gateway.kill9();
    await gateway.start();
  });

  test("is healthy for the healthcheck command, and not once it has stopped", async () => {
    await using gateway = await startGateway();
    const env = { PORT: String(gateway.port) };
    expect((await gateway.run(["healthcheck"], { env })).code).toBe(0);
    await gateway.stop();
    const { code, err } = await gateway.run(["healthcheck"], { env });
    expect(code).toBe(1);
    expect(err).toContain(String(gateway.port));
  });

  test("accepts users and API keys of the command line immediately, and refuses revoked ones", async () => {
    await using gateway = await startGateway();
    const added = await gateway.run(["user", "add", "grace", "--password-stdin"], {
      stdin: "long enough for all",
    });
    expect(added).toMatchObject({ code: 0, err: "" });
    expect(added.out).not.toContain("long enough");
    const listed = await gateway.run(["user", "list"]);
    expect(listed.out).toMatch(/^grace +user +active/m);
    expect((await gateway.run(["user", "passwd", "grace"])).out).toMatch(/Password: \S{16,}/);

    const created = await gateway.run(["apikey", "create", "--user", "grace", "--name", "deploy"]);
    expect(created.out).toMatch(/^whk_[\w-]{43}\n$/);
    const ask = () =>
      fetch(`${gateway.origin}/api/v1/me`, { headers: { authorization: `Bearer ${created.out.trim()}` } });
    const answer = await ask();
    expect(answer.status).toBe(200);
    const keys = await gateway.run(["apikey", "list", "--user", "grace"]);
    expect(keys.out).not.toContain(created.out.trim());
    const id = /^[0-9a-f-]{36}/m.exec(keys.out)?.[0] ?? "";
    expect((await gateway.run(["apikey", "revoke", id])).code).toBe(0);
    expect((await ask()).status).toBe(401);
    const unknown = await gateway.run(["apikey", "create", "--user", "nobody", "--name", "x"]);
    expect(unknown).toMatchObject({ code: 1, out: "" });
  });

  test.each(["SIGTERM", "SIGINT"] as const)(
    "exits with 0 at %s, and its files are closed",
    async (signal) => {
      await using gateway = await startGateway();
      const { entrypointId } = await gateway.api.setUpWebhook([{ type: "database" }]);
      await fetch(gateway.entrypointUrl(entrypointId), { method: "POST", body: "kept" });
      gateway.signal(signal);
      const { code, out } = await gateway.finished;
      expect(code).toBe(0);
      expect(out).toContain("webhooker has stopped");
      expect(filesUnder(gateway.folder).filter((path) => /-(wal|shm|journal)$/.test(path))).toEqual([]);
    },
  );

  test("refuses bodies over MAX_BODY_BYTES, declared or not, and logs it", async () => {
    await using gateway = await startGateway({ env: { MAX_BODY_BYTES: "1000" } });
    const { webhookId, entrypointId } = await gateway.api.setUpWebhook();
    const url = gateway.entrypointUrl(entrypointId);
    const pieces = (count: number) =>
      new ReadableStream({
        start(controller) {
          for (let piece = 0; piece < count; piece++) controller.enqueue(Buffer.alloc(100));
          controller.close();
        },
      });
    for (const body of [Buffer.alloc(1_001), pieces(11)]) {
      const answer = await fetch(url, { method: "POST", body });
      expect(answer.status).toBe(413);
      expect(errorCodeOf(await answer.json())).toBe("too_large");
    }
    for (const body of [Buffer.alloc(1_000), pieces(10)]) {
      expect((await fetch(url, { method: "POST", body })).status).toBe(200);
    }
    const events = await gateway.api.listEvents(webhookId);
    expect(events.map(({ body_size }) => body_size)).toEqual([1_000, 1_000]);
    const { out } = await gateway.stop();
    expect(out.match(/WARN .*MAX_BODY_BYTES/g)).toHaveLength(2);
  });

  test("reaches no private address in prod unless ALLOWED_TARGET_CIDRS lists it, and keeps the delivery", async () => {
    const receiver = await startReceiver();
    const env = { WEBHOOKER_ENVIRONMENT: "prod", DBURL: "./main.db", DATA_DIR: "./events" };
    await using gateway = await startGateway({ env });
    const { webhookId, entrypointId } = await gateway.api.setUpWebhook([
      { type: "http", config: { url: receiver.url } },
    ]);
    const answer = await fetch(gateway.entrypointUrl(entrypointId), { method: "POST", body: "kept" });
    expect(answer.status).toBe(200);
    const eventId = answer.headers.get("x-webhooker-event-id") ?? "";
    await gateway.waitForLog(/delivery failed, will be retried/);
    const { deliveries } = await gateway.api.getEvent(webhookId, eventId);
    expect(deliveries).toMatchObject([{ status: "pending", attempts: 1 }]);
    expect(deliveries[0]?.results[0]?.error).toContain("ALLOWED_TARGET_CIDRS");
    expect(receiver.connections()).toBe(0);
    await receiver.close();
  });
});

describe("the command line", () => {
  test.each([
    [["--nonsense"], "--nonsense"],
    [["serve", "--port", "80"], "--port"],
    [["nonsense"], "nonsense"],
    [["serve", "nonsense"], "argument"],
    [["apikey", "create"], "--user"],
    [["user", "add"], "name"],
  ])("ends with 2 and a reason, and makes nothing: %p", async (args, reason) => {
    const folder = makeFolder();
    const { code, out, err } = await runExecutable({ args, folder });
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toContain(reason);
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  test.each([
    ["--version", /^\d+\.\d+\.\d+/],
    ["--help", /webhooker help env/],
    ["help env", /MAX_BODY_BYTES/],
  ])("answers %s with 0 and makes nothing", async (option, pattern) => {
    const folder = makeFolder();
    const { code, out } = await runExecutable({ args: option.split(" "), folder });
    expect(code).toBe(0);
    expect(out).toMatch(pattern);
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});
