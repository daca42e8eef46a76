/** Requests as code: run where the machine can, it sends what it was made from. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CopyFormat, formatRequest } from "../../../../src/dashboard/events/copy/copy-formats.ts";

let url: string;
let stop: () => Promise<void>;
let folder: string;
let got: { method: string; path: string; header: string | null; body: Uint8Array } | null = null;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "webhooker-copy-"));
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const body = new Uint8Array(await request.arrayBuffer());
      got = { method: request.method, path: pathname + search, header: request.headers.get("x-odd"), body };
      return new Response("ok");
    },
  });
  url = `http://127.0.0.1:${server.port}/a?b=1&c=%22`;
  stop = () => server.stop(true);
});

afterAll(async () => {
  await stop();
  rmSync(folder, { recursive: true });
});

const ODD = `"'\`$(touch pwned) \\u0041`;
const BODIES = [
  ["text", Buffer.from(`{"a":"${ODD}","é":"\u{1f600}\u202e"}\n'''`)],
  ["bytes", Buffer.from([0, 255, 10, 39, 34])],
  ["nothing", Buffer.alloc(0)],
] as const;

function codeFor(as: CopyFormat, body: Uint8Array): string {
  const headers = [
    ["Content-Type", "text/plain"],
    ["X-Odd", ODD],
    ["Host", "evil.example"],
  ] as const;
  return formatRequest(as, { method: "POST", url, headers, body, bodyFile: "body.bin" });
}

async function run(command: readonly string[]): Promise<string> {
  const child = Bun.spawn([...command], { cwd: folder, stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return `${out}${err}${await child.exited}`;
}

const wanted = (body: Uint8Array) => ({
  method: "POST",
  path: "/a?b=1&c=%22",
  header: ODD,
  body: new Uint8Array(body),
});

test.each(BODIES)("fetch sends %s", async (_what, body) => {
  got = null;
  await Bun.write(join(folder, "send.mjs"), codeFor("fetch", body));
  expect(await run([process.execPath, "send.mjs"])).toBe("200 ok\n0");
  expect(got as unknown).toEqual(wanted(body));
});

const hasPython =
  Bun.which("python3") !== null && Bun.spawnSync(["python3", "-c", "import requests"]).success;
if (!hasPython) process.stdout.write("The code in Python is not run: this machine lacks what it needs.\n");

test.each(hasPython ? BODIES : [])("Python sends %s", async (_what, body) => {
  got = null;
  await Bun.write(join(folder, "send.py"), codeFor("python", body));
  expect(await run(["python3", "send.py"])).toBe("200 ok\n0");
  expect(got as unknown).toEqual(wanted(body));
});

test("HTTPie gets every part quoted for the shell, and bytes through a pipe", () => {
  const [[, text], [, bytes]] = BODIES;
  expect(codeFor("httpie", text)).toStartWith("http --ignore-stdin 'POST' 'http://127.0.0.1:");
  expect(codeFor("httpie", text)).toContain("'X-Odd:\"'\\''`$(touch pwned)");
  expect(codeFor("httpie", text)).not.toContain("\u202e");
  expect(codeFor("httpie", bytes)).toStartWith("printf %s 'AP8KJyI=' | base64 -d | http 'POST'");
});

test.each(["curl", "fetch", "python", "httpie"] as const)("%s takes a long body from its file", (as) => {
  const code = codeFor(as, Buffer.alloc(70_000, "a"));
  expect(code).toContain("body.bin");
  expect(code.length).toBeLessThan(1_000);
});

test.each(["curl", "fetch", "python", "httpie"] as const)(
  "%s keeps a target's masked headers to be filled in",
  (as) => {
    const headers = [
      ["Authorization", "[secret]"],
      ["X-Webhooker-Attempt", "1"],
    ] as const;
    const request = {
      method: "GET",
      url,
      headers,
      body: Buffer.alloc(0),
      bodyFile: "b",
      areHeadersFinal: true,
    };
    for (const part of ["[secret]", "X-Webhooker-Attempt"])
      expect(formatRequest(as, request)).toContain(part);
    expect(formatRequest(as, { ...request, areHeadersFinal: false })).not.toContain("[secret]");
  },
);
