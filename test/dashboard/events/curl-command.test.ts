import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CurlRequest, curlCommand } from "../../../src/dashboard/events/curl-command.ts";
import { shellQuote } from "../../../src/dashboard/events/shell-quote.ts";
import { type ReceivedRequest, type Receiver, startReceiver } from "../../support/receiver.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Texts that shells, curl and terminals interpret. */
const HOSTILE = [
  "'; touch pwned; '",
  "$(touch pwned)",
  "`touch pwned`",
  "\\'; touch pwned #",
  "a\\",
  "'\\''",
  "@/etc/passwd",
  "!! !$ *? ~ {a,b} [1-3] & | > pwned",
  "two\nlines\n",
  "\r\n\t",
  "\u0003\ntouch pwned\n",
  "\u001b[201~\ntouch pwned\n",
  "don't \u0001 $'x' \\n",
  "\u202egpj.exe \u{1f600} é",
  "--output pwned",
  "-",
];

let receiver: Receiver;
let folder: string;

beforeAll(async () => {
  receiver = await startReceiver();
  folder = mkdtempSync(join(tmpdir(), "webhooker-curl-"));
});
afterAll(async () => {
  await receiver.close();
  rmSync(folder, { recursive: true });
});

async function bash(command: string): Promise<string> {
  const child = Bun.spawn(["bash", "--norc", "-c", command], { cwd: folder, stdout: "pipe", stderr: "pipe" });
  const [out, error] = [await child.stdout.text(), await child.stderr.text()];
  if ((await child.exited) !== 0) throw new Error(error);
  return out;
}

/** Runs the command for the request, and returns what arrived. */
async function run(request: Partial<CurlRequest>): Promise<ReceivedRequest> {
  const command = curlCommand({
    method: "POST",
    url: `${receiver.url}/webhook/x`,
    headers: [["content-type", "text/plain"]],
    body: bytes("hello"),
    bodyFile: "event-1",
    ...request,
  });
  const before = receiver.requests.length;
  await bash(command.replace("curl", "curl --silent --show-error"));
  const arrived = receiver.requests[before];
  if (arrived === undefined || receiver.requests.length !== before + 1) throw new Error("not one request");
  return arrived;
}

async function filesMade(): Promise<string> {
  return bash("ls -A");
}

describe("a quoted word", () => {
  test("is the same after bash has read it", async () => {
    for (const text of HOSTILE) expect(await bash(`printf %s ${shellQuote(text)}`)).toBe(text);
    expect(await filesMade()).toBe("");
  });

  test("contains no character that a terminal acts on, except line breaks", () => {
    for (const text of HOSTILE) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(shellQuote(text)).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
    }
  });
});

describe("the curl command", () => {
  test("sends method, path, query, headers and body again", async () => {
    const arrived = await run({
      method: "PUT",
      url: `${receiver.url}/webhook/x/orders/%7B1%7D?a=1&b=%27`,
      headers: [
        ["content-type", "application/json"],
        ["x-github-event", "push"],
        ["x-empty", ""],
      ],
      body: bytes('{"n":1}'),
    });
    expect(arrived.method).toBe("PUT");
    expect(arrived.path).toBe("/webhook/x/orders/%7B1%7D?a=1&b=%27");
    expect(arrived.header("content-type")).toBe("application/json");
    expect(arrived.header("x-github-event")).toBe("push");
    expect(arrived.header("x-empty")).toBe("");
    expect(new TextDecoder().decode(arrived.body)).toBe('{"n":1}');
  });

  test("sends hostile bodies unchanged, and executes nothing", async () => {
    for (const text of HOSTILE) {
      const arrived = await run({ body: bytes(text) });
      expect(new TextDecoder().decode(arrived.body)).toBe(text);
    }
    expect(await filesMade()).toBe("");
  });

  test("sends hostile paths and headers unchanged, and executes nothing", async () => {
    for (const text of HOSTILE.filter((each) => /^[\x21-\x7e ]+$/.test(each))) {
      const path = `/webhook/x/${text.replaceAll(" ", "+").replaceAll("?", "")}`;
      const arrived = await run({
        url: `${receiver.url}${path.replaceAll("#", "")}`,
        headers: [["x-hostile", text]],
      });
      expect(arrived.path).toBe(path.replaceAll("#", ""));
      expect(arrived.header("x-hostile")).toBe(text);
    }
    expect(await filesMade()).toBe("");
  });

  test("sends header bytes beyond ASCII unchanged", async () => {
    const utf8 = Buffer.from("é", "utf8").toString("latin1");
    expect((await run({ headers: [["x-name", utf8]] })).header("x-name")).toBe(utf8);
  });

  test("sends any bytes", async () => {
    for (const body of [
      Uint8Array.from({ length: 256 }, (_, index) => index),
      new Uint8Array([0xef, 0xbb, 0xbf, 0x41]),
    ]) {
      expect([...(await run({ body })).body]).toEqual([...body]);
    }
  });

  test("sends an empty body with its length, and no content type that was not there", async () => {
    const arrived = await run({ body: new Uint8Array(), headers: [] });
    expect(arrived.header("content-length")).toBe("0");
    expect(arrived.header("content-type")).toBeUndefined();
  });

  test("omits headers of the connection or of a proxy", () => {
    const command = curlCommand({
      method: "POST",
      url: "http://localhost/webhook/x",
      headers: [
        ["host", "other.example"],
        ["content-length", "5"],
        ["accept-encoding", "gzip"],
        ["x-forwarded-for", "1.2.3.4"],
        ["content-type", "text/plain"],
      ],
      body: bytes("hello"),
      bodyFile: "event-1",
    });
    expect(command).toBe(
      "curl -X 'POST' 'http://localhost/webhook/x' \\\n  -H 'content-type: text/plain' \\\n  --data-raw 'hello'",
    );
  });

  test("reads a long body from the downloaded file", async () => {
    const body = bytes("x".repeat(100_000));
    await Bun.write(join(folder, "event-1"), body);
    const request = { method: "POST", url: receiver.url, headers: [], body, bodyFile: "event-1" };
    expect(curlCommand(request)).toStartWith("# The body is too long");
    expect((await run({ body })).body).toHaveLength(100_000);
    rmSync(join(folder, "event-1"));
  });
});
