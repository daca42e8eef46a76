import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../../../src");

describe("the NATS client", () => {
  const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.tsx?$/.test(name),
  );
  const users = files
    .map((name) => ({ name, text: readFileSync(join(ROOT, name), "utf8") }))
    .filter(({ text }) => text.includes('"@nats-io/'));

  test("is used by the log only, and never loaded by an import of a file", () => {
    expect(users.length).toBeGreaterThan(3);
    expect(users.filter(({ name }) => !name.startsWith("storage/cluster/nats/"))).toEqual([]);
    const loading = users.flatMap(({ name, text }) =>
      [...text.matchAll(/^(import|export)\s+(?!type\b)[^;]*?from "@nats-io\/[^"]+";$/gm)].map(
        ([line]) => `${name}: ${line}`,
      ),
    );
    expect(loading).toEqual([]);
  });

  test("is not loaded before a log is opened", async () => {
    const file = join(ROOT, "storage/cluster/open-event-log.ts");
    const code = `await import(${JSON.stringify(file)}); console.log(Object.keys(require.cache).filter((path) => path.includes("@nats-io")).length)`;
    const child = Bun.spawn([process.execPath, "-e", code], { stdio: ["ignore", "pipe", "inherit"] });
    expect(await new Response(child.stdout).text()).toBe("0\n");
  });
});
