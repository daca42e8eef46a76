/** The log: the format of a line, what is redacted, and that a stuck reader blocks nothing. */
import { describe, expect, test } from "bun:test";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, type RootLogger } from "../../src/observability/log.ts";

function capture(format: "json" | "text", level: "debug" | "info" = "info"): [RootLogger, string[]] {
  const lines: string[] = [];
  return [createLogger({ level, format, write: (line) => lines.push(line) }), lines];
}

function only(lines: readonly string[]): Record<string, unknown> {
  expect(lines).toHaveLength(1);
  const value: unknown = JSON.parse(lines[0] ?? "");
  if (typeof value !== "object" || value === null) throw new Error("not an object");
  return { ...value };
}

describe("json", () => {
  test("a line is one object with time, level, message and fields", () => {
    const [log, lines] = capture("json");
    log.info("event received", { bytes: 12 });
    expect(lines[0]).toEndWith("}\n");
    expect(only(lines)).toEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      message: "event received",
      bytes: 12,
    });
  });

  test("lines below the level are left out", () => {
    const [log, lines] = capture("json");
    log.debug("detail");
    log.warn("odd");
    expect(only(lines)).toMatchObject({ level: "warn" });
  });

  test("a child adds its fields to every line", () => {
    const [log, lines] = capture("json");
    log.with({ webhook: "w" }).with({ target: "t" }).error("failed", { attempt: 2 });
    expect(only(lines)).toMatchObject({ webhook: "w", target: "t", attempt: 2 });
  });

  test("a field never replaces one of the line's own", () => {
    const [log, lines] = capture("json");
    log.info("real", { message: "other", level: "x", time: 1 });
    expect(only(lines)).toMatchObject({
      message: "real",
      message_: "other",
      level: "info",
      level_: "x",
      time_: 1,
    });
  });

  test("any logged value becomes plain JSON", () => {
    const [log, lines] = capture("json");
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    log.info("odd things", {
      big: 2n ** 70n,
      bytes: new Uint8Array(5),
      at: new Date(0),
      loop,
      none: undefined,
    });
    expect(only(lines)).toMatchObject({
      big: "1180591620717411303424",
      bytes: "[5 bytes]",
      at: "1970-01-01T00:00:00.000Z",
    });
  });

  test("an error keeps its stack, its code and its cause", () => {
    const [log, lines] = capture("json");
    const cause = Object.assign(new Error("inner"), { code: "SQLITE_FULL" });
    log.error("failed", { error: new TypeError("outer", { cause }) });
    expect(only(lines)).toMatchObject({
      error: {
        type: "TypeError",
        message: "outer",
        stack: expect.stringContaining("log.test.ts"),
        cause: { message: "inner", code: "SQLITE_FULL" },
      },
    });
  });
});

describe("secrets", () => {
  test.each([
    "password",
    "ADMIN_PASSWORD",
    "secretKey",
    "token",
    "Authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "apiKey",
    "private_key",
    "credentials",
  ])("the value of %p is not logged, at any depth", (key) => {
    const [log, lines] = capture("json");
    log
      .with({ [key]: "hunter2" })
      .info("x", { [key]: "hunter2", config: { list: [{ [key]: { a: "hunter2" } }] } });
    log.info("x", { headers: [[key, "hunter2"]], other: new Headers({ authorization: "hunter2" }) });
    log.info("x", { error: Object.assign(new Error("x"), { code: { [key]: "hunter2" } }) });
    expect(lines).toHaveLength(3);
    expect(lines.join("")).not.toContain("hunter2");
    expect(lines.join("")).toContain(key);
  });

  test("empty secrets are logged as they are", () => {
    const [log, lines] = capture("json");
    log.info("x", { secret: null });
    expect(only(lines)).toMatchObject({ secret: null });
  });
});

describe("text", () => {
  test("a line contains time, level, message, fields", () => {
    const [log, lines] = capture("text");
    log.info("listening", { url: "http://localhost:8080", note: "two words", list: [1, "a"] });
    expect(lines[0]).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z INFO {2}listening url=http:\/\/localhost:8080 note="two words" list=\[1,"a"\]\n$/,
    );
  });

  test("an error's stack follows the line", () => {
    const [log, lines] = capture("text");
    log.error("failed", { error: new Error("outer", { cause: new Error("inner") }), after: 1 });
    expect(lines[0]).toMatch(
      /ERROR failed after=1\n {4}Error: outer\n {8}at .*\n {4}caused by Error: inner\n/s,
    );
  });

  test("control characters from outside cannot forge lines or control the terminal", () => {
    const [log, lines] = capture("text");
    log.warn("a\nb\u001b[31m", { "k\n": "v\r\n\u009b2J" });
    expect(lines[0]).toContain("a\\u000ab\\u001b[31m");
    expect(lines[0]?.slice(0, -1)).not.toMatch(/\p{Cc}/u);
  });
});

describe("standard output", () => {
  const program = (body: string) => [
    "bun",
    "-e",
    `import { createLogger } from ${JSON.stringify(`${import.meta.dir}/../../src/observability/log.ts`)};
     const log = createLogger({ level: "info", format: "json" });
     ${body}`,
  ];

  test.each([
    ["waits for room", 0],
    ["answers EAGAIN", constants.O_NONBLOCK],
  ])(
    "a full pipe that %s does not block the event loop, and all lines arrive in the end",
    async (_, flag) => {
      const folder = mkdtempSync(join(tmpdir(), "webhooker-log-"));
      const fifo = join(folder, "pipe");
      Bun.spawnSync(["mkfifo", fifo]);
      const unread = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
      const writer = openSync(fifo, constants.O_WRONLY | flag);
      const child = Bun.spawn(
        program(`
        for (let n = 0; n < 2000; n += 1) log.info("line", { n, fill: "x".repeat(500) });
        let turns = 0;
        const turn = async () => {
          turns += 1;
          if (turns < 100) return setImmediate(turn);
          process.stderr.write("turning");
          await log.flush();
          process.exit(0);
        };
        setImmediate(turn);`),
        { stdout: writer, stderr: "pipe" },
      );
      closeSync(writer);
      const { value } = await child.stderr.getReader().read();
      expect(Buffer.from(value ?? []).toString()).toBe("turning");
      const reader = Bun.spawn(["cat", fifo], { stdout: "pipe" });
      const lines = (await new Response(reader.stdout).text()).trimEnd().split("\n");
      expect(lines.map((line) => JSON.parse(line).n)).toEqual(Array.from({ length: 2000 }, (_, n) => n));
      expect(await child.exited).toBe(0);
      closeSync(unread);
      rmSync(folder, { recursive: true });
    },
  );

  test("lines logged just before the exit are written", async () => {
    const child = Bun.spawn(program(`log.info("last words"); process.exit(3);`), { stdout: "pipe" });
    expect(await new Response(child.stdout).text()).toContain("last words");
    expect(await child.exited).toBe(3);
  });

  test("a reader that is gone stops nothing", async () => {
    const child = Bun.spawn(
      program(`
        process.stdin.once("data", async () => {
          log.info("to nobody");
          await log.flush();
          log.info("to nobody");
          await log.flush();
          process.exit(4);
        });`),
      { stdin: "pipe", stdout: "pipe", stderr: "pipe" },
    );
    await child.stdout.cancel();
    child.stdin.write("go");
    await child.stdin.end();
    expect(await child.exited).toBe(4);
    expect(await new Response(child.stderr).text()).toBe("");
  });
});
