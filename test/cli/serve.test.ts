import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { serve } from "../../src/cli/serve.ts";
import { loadConfig } from "../../src/config.ts";
import { thrownBy } from "../support/thrown.ts";

const CHILD = join(import.meta.dir, "../support/serve-child.ts");

const children: Bun.Subprocess[] = [];

// A child that a failed test left behind ignores every other signal.
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

function start(mode: "end" | "hang" | "wait") {
  const child = Bun.spawn([process.execPath, CHILD, mode], { stdout: "pipe", stderr: "inherit" });
  children.push(child);
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    child,
    /** Resolves once the child has printed this. */
    async until(line: string): Promise<void> {
      while (!text.includes(`${line}\n`)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`ended before it printed ${line}: ${text}`);
        text += value;
      }
    },
  };
}

describe("serving", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("stops at %s and exits with 0", async (signal) => {
    const { child, until } = start("end");
    await until("started");
    child.kill(signal);
    await until("stopped");
    expect(await child.exited).toBe(0);
  });

  test("exits immediately with 130 at a second signal, although stopping takes long", async () => {
    const { child, until } = start("hang");
    await until("started");
    child.kill("SIGTERM");
    await until("stopping");
    child.kill("SIGINT");
    expect(await child.exited).toBe(130);
  });

  test("exits with 0 at a signal that ends a start which waits for others", async () => {
    const { child, until } = start("wait");
    await until("waiting");
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
  });

  test("does not handle signals after a failed start", async () => {
    const before = process.listenerCount("SIGTERM");
    const error = new Error("no space left");
    const startServer = () => Promise.reject(error);
    const failing = () => serve({ config: loadConfig({}), print: () => undefined, startServer });
    expect(await thrownBy(failing)).toBe(error);
    expect(process.listenerCount("SIGTERM")).toBe(before);
  });
});
