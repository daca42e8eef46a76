import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { connect } from "node:net";
import { sealConfig } from "../../src/settings/sealed-config.ts";
import { createTestProviders } from "../support/providers.ts";
import { BASE_URL, ENTRYPOINT, type IngestServer, keys, startIngest } from "./ingest-server.ts";

const providers = createTestProviders();
let ingest: IngestServer;

beforeEach(() => {
  ingest = startIngest({ providers });
});
afterEach(() => ingest.stop());

function verifyWith(type: string, config: Record<string, unknown>): void {
  const owner = `entrypoints:${ENTRYPOINT}` as const;
  ingest.setRoute({
    verification: { type, config: sealConfig({ type: providers.get(type), config, owner, keys }) },
  });
}

/** Sends a request byte for byte, which HTTP clients would not do, and returns the status. */
function post(target: string, headers: readonly Buffer[], body = "{}"): Promise<number> {
  const { hostname, port } = new URL(ingest.url);
  const lines = [
    `POST ${target} HTTP/1.1`,
    "Host: a.example",
    "Connection: close",
    `Content-Length: ${body.length}`,
  ];
  const head = [...lines.map((line) => Buffer.from(line)), ...headers];
  const bytes = Buffer.concat(head.flatMap((line) => [line, Buffer.from("\r\n")]));
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.once("data", (data) => {
      socket.destroy();
      resolve(Number(data.toString("latin1").split(" ")[1]));
    });
    socket.once("error", reject);
    socket.write(Buffer.concat([bytes, Buffer.from(`\r\n${body}`)]));
  });
}

describe("a raw request", () => {
  test("is compared byte for byte with a secret, in either encoding of its characters", async () => {
    verifyWith("bearer", { secret: "clé-à" });
    const by = (text: string, encoding: "utf8" | "latin1") =>
      post(`/webhook/${ENTRYPOINT}`, [Buffer.from(`Authorization: Bearer ${text}`, encoding)]);
    expect([await by("clé-à", "utf8"), await by("clé-à", "latin1")]).toEqual([200, 200]);
    expect([await by("cle-a", "utf8"), await by("clé-", "latin1")]).toEqual([401, 401]);
  });

  test("has the called URL, with quotes as they were written", async () => {
    verifyWith("hmac", { secret: "s", header: "X-Signature", template: "{method} {url} {body}" });
    const send = (target: string, signed = target) => {
      const signature = createHmac("sha256", "s").update(`POST ${BASE_URL}${signed} {}`).digest("hex");
      return post(target, [Buffer.from(`X-Signature: ${signature}`)]);
    };
    const path = `/webhook/${ENTRYPOINT}`;
    for (const target of [
      `${path}?name=O'Brien`,
      `${path}?name=O%27Brien`,
      `${path}/it's?n='%22'`,
      `${path}/{x}?a="b"&c=<d>`,
      `${path}?a=%C3%A4+%20`,
    ])
      expect([target, await send(target)]).toEqual([target, 200]);
    expect(await send(`${path}?name=O'Brien`, `${path}?name=OBrien`)).toBe(401);
    expect(await send(`${path}?name=O'Brien`, path)).toBe(401);
  });

  test("may have more signatures than are checked", async () => {
    verifyWith("calendly", { secret: "s", tolerance_seconds: 60 });
    const time = Math.floor(ingest.clock.now() / 1_000);
    const right = createHmac("sha256", "s").update(`${time}.{}`).digest("hex");
    const send = (before: number) =>
      post(`/webhook/${ENTRYPOINT}`, [
        Buffer.from(
          `Calendly-Webhook-Signature: t=${time},${`v1=${"0".repeat(64)},`.repeat(before)}v1=${right}`,
        ),
      ]);
    expect([await send(0), await send(15), await send(16), await send(150)]).toEqual([200, 200, 401, 401]);
  });
});
