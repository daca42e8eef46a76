import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { createKeyRing } from "../../src/lib/crypto.ts";
import { PUBLISHED } from "../../src/settings/published-events.ts";
import { openSigning, type Signer, sealSigning } from "../../src/targets/signing.ts";
import { newSigningSecret, type SigningScheme } from "../../src/targets/signing-keys.ts";
import type { HeaderList } from "../../src/targets/target-type.ts";
import type { ReceivedRequest } from "../support/receiver.ts";
import { attemptOf, event, startTargetBench } from "./target-bench.ts";

const of = { targetId: "t1", keys: createKeyRing(new Uint8Array(32).fill(7)) };
/** Time of the bench's clock; the verifying libraries use the real time. */
const NOW = Date.UTC(2026, 0, 1);

let bench: Awaited<ReturnType<typeof startTargetBench>>;
beforeEach(async () => {
  bench = await startTargetBench("http");
});
afterEach(() => bench.stop());

function signerOf(
  secret: string,
  more: { scheme?: SigningScheme; before?: { secret: string; until: number } } = {},
): Signer {
  const { scheme = "v1", before } = more;
  return openSigning(of, sealSigning(of, { scheme, secret, before })).signer;
}

async function sent(options: {
  signer: Signer | null;
  headers?: HeaderList;
  config?: Record<string, unknown>;
  body?: Uint8Array;
  entrypointId?: string;
}): Promise<ReceivedRequest> {
  const config = { url: `${bench.receiver.url}/hooks`, ...options.config };
  const { signer, headers = event.headers, body = event.body, entrypointId = event.entrypointId } = options;
  const given = { ...event, headers, body, entrypointId };
  const outcome = await bench.type.deliver(attemptOf(config, { signer, event: given }));
  expect(outcome.kind).toBe("delivered");
  const request = bench.receiver.requests.at(-1);
  if (request === undefined) throw new Error("nothing arrived");
  return request;
}

function signatureHeaders(request: ReceivedRequest): Record<string, string> {
  const names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
  return Object.fromEntries(names.map((name) => [name, request.header(name) ?? ""]));
}

/** Verifies like a receiver, with both libraries, which refuse signatures older than five minutes. */
function verify(secret: string, request: ReceivedRequest): void {
  const headers = signatureHeaders(request);
  const body = Buffer.from(request.body).toString();
  const now = Date.now;
  Date.now = () => NOW;
  try {
    new StandardWebhook(secret).verify(body, headers);
    new SvixWebhook(secret).verify(body, headers);
  } finally {
    Date.now = now;
  }
}

describe("a published event", () => {
  const headers = [["webhook-id", "msg_1"]] as const;

  test("is signed with the publisher's id, and verified by the libraries", async () => {
    const secret = newSigningSecret("v1");
    const request = await sent({ signer: signerOf(secret), headers, entrypointId: PUBLISHED });
    verify(secret, request);
    expect(signatureHeaders(request)["webhook-id"]).toBe("msg_1");
  });

  test("has that id without a signature too", async () => {
    const request = await sent({ signer: null, headers, entrypointId: PUBLISHED });
    expect(request.header("webhook-id")).toBe("msg_1");
  });
});

describe("a signed request", () => {
  test("is verified by the libraries of Standard Webhooks and of Svix", async () => {
    const secret = newSigningSecret("v1");
    const request = await sent({ signer: signerOf(secret) });
    verify(secret, request);
    expect(signatureHeaders(request)).toMatchObject({
      "webhook-id": event.id,
      "webhook-timestamp": String(NOW / 1000),
    });
    expect(() => verify(newSigningSecret("v1"), request)).toThrow();
    expect(() => verify(secret, { ...request, body: new TextEncoder().encode("{}") })).toThrow();
  });

  test("is verified with an empty body", async () => {
    const secret = newSigningSecret("v1");
    const { header } = await sent({ signer: signerOf(secret), body: new Uint8Array() });
    const at = new Date(NOW);
    expect(header("webhook-signature")).toBe(new StandardWebhook(secret).sign(event.id, at, ""));
  });

  test("has each signature header once, whatever the sender and the settings say", async () => {
    const forged: HeaderList = [
      ["Webhook-Id", "forged"],
      ["webhook-signature", "v1,forged"],
      ["WEBHOOK-TIMESTAMP", "1"],
      ["X-Kept", "1"],
    ];
    const config = { headers: { "Webhook-Signature": "v1,mine", "X-Own": "2" } };
    const secret = newSigningSecret("v1");
    const request = await sent({ signer: signerOf(secret), headers: forged, config });
    const names = request.rawHeaders.map(([name]) => name.toLowerCase());
    expect(names.filter((name) => name.startsWith("webhook-"))).toHaveLength(3);
    expect([request.header("x-kept"), request.header("x-own")]).toEqual(["1", "2"]);
    verify(secret, request);
  });

  test("carries both signatures until the overlap of a rotation is over", async () => {
    const [old, fresh] = [newSigningSecret("v1"), newSigningSecret("v1")];
    const during = await sent({ signer: signerOf(fresh, { before: { secret: old, until: NOW + 1 } }) });
    expect(during.header("webhook-signature")?.split(" ")).toHaveLength(2);
    verify(old, during);
    verify(fresh, during);
    const after = await sent({ signer: signerOf(fresh, { before: { secret: old, until: NOW } }) });
    expect(after.header("webhook-signature")?.split(" ")).toHaveLength(1);
    expect(() => verify(old, after)).toThrow();
    verify(fresh, after);
  });

  test("can be signed with ed25519", async () => {
    const request = await sent({ signer: signerOf(newSigningSecret("v1a"), { scheme: "v1a" }) });
    expect(request.header("webhook-signature")).toMatch(/^v1a,[A-Za-z0-9+/]{86}==$/);
  });
});

test("a request that is not signed forwards the sender's own signature", async () => {
  const headers: HeaderList = [
    ["Webhook-Id", "msg_1"],
    ["Webhook-Signature", "v1,theirs"],
  ];
  const request = await sent({ signer: null, headers });
  expect([request.header("webhook-id"), request.header("webhook-signature")]).toEqual(["msg_1", "v1,theirs"]);
  expect(request.header("webhook-timestamp")).toBeUndefined();
});

test("a secret opens only for its own target and field", () => {
  const stored = sealSigning(of, { scheme: "v1", secret: newSigningSecret("v1") });
  expect(() => openSigning({ ...of, targetId: "t2" }, stored)).toThrow();
  expect(() => openSigning(of, { ...stored, previous: { ...stored, until: NOW } })).toThrow();
  expect(() => openSigning(of, { scheme: "v1" })).toThrow("missing");
});
