import { describe, expect, test } from "bun:test";
import { createTestProviders } from "../support/providers.ts";
import { OTHER_SAMPLES } from "./other-samples.ts";
import { NOW, requestOf } from "./sample.ts";
import { hex, KEYS, mac } from "./samples.ts";

const providers = createTestProviders();
const provider = providers.get("mailgun");
const encoder = new TextEncoder();
const TIME = Math.floor(NOW / 1_000);

test("Mailgun's token is accepted again with the same body, as in a retry, and with no other", async () => {
  const sample = OTHER_SAMPLES.find(({ type }) => type === "mailgun");
  const sent = await sample?.sign({ body: encoder.encode(sample.body), at: NOW, key: KEYS.current, url: "" });
  const request = requestOf(sent ?? { body: new Uint8Array(), headers: {} });
  const verifier = providers.get("mailgun").prepare({ secret: KEYS.current });
  for (const _ of [1, 2]) expect(await verifier.verify(request)).toEqual({ accepted: true });
  const body = encoder.encode(new TextDecoder().decode(request.body).replace("opened", "failed"));
  expect(await verifier.verify({ ...request, body })).toMatchObject({
    reason: "The token was already used with a different body.",
  });
});

/** A message forwarded by a route; `key` null: signed by an unknown key. */
function routeFields(of: { key?: string; token: string; parentKey?: string; time?: number }) {
  const { key = KEYS.current, token, parentKey, time = TIME } = of;
  const sign = (by: string) => mac({ ...hex, key: by }, String(time), token);
  return {
    recipient: "ada@example.com",
    "body-plain": "a token=wrong & a signature=0000, and &timestamp=1 as text",
    timestamp: String(time),
    token,
    signature: sign(key),
    ...(parentKey !== undefined && { "parent-signature": sign(parentKey) }),
    subject: "wörld",
  };
}

async function bodyOf(fields: Record<string, string>, kind: "urlencoded" | "multipart", file = false) {
  const form = kind === "urlencoded" ? new URLSearchParams(fields) : new FormData();
  if (form instanceof FormData) {
    if (file) form.set("attachment-1", new Blob([new Uint8Array(3_000_000)]), "token");
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
  }
  const made = new Response(form);
  const headers = { "content-type": made.headers.get("content-type") ?? "" };
  return requestOf({ headers, body: new Uint8Array(await made.arrayBuffer()) });
}

describe("a message forwarded by Mailgun's routes", () => {
  const isAccepted = async (request: ReturnType<typeof requestOf>, secret = KEYS.current) =>
    (await provider.prepare({ secret }).verify(request)).accepted;

  for (const kind of ["urlencoded", "multipart"] as const) {
    test(`is verified by its fields, ${kind}`, async () => {
      const fields = routeFields({ token: `route-${kind}` });
      expect(await isAccepted(await bodyOf(fields, kind))).toBe(true);
      expect(await isAccepted(await bodyOf(fields, kind), KEYS.wrong)).toBe(false);
      for (const changed of [
        { timestamp: String(TIME + 1) },
        { token: "another" },
        { signature: fields.signature.replace(/^./, (digit) => (digit === "0" ? "1" : "0")) },
        { signature: fields.signature.slice(1) },
      ])
        expect(await isAccepted(await bodyOf({ ...fields, ...changed }, kind))).toBe(false);
      for (const name of ["timestamp", "token", "signature"] as const) {
        const { [name]: _, ...rest } = fields;
        expect(await isAccepted(await bodyOf(rest, kind))).toBe(false);
      }
      const old = routeFields({ token: "old", time: TIME - 302 });
      expect(await isAccepted(await bodyOf(old, kind))).toBe(false);
    });

    test(`is verified by the primary account's key, ${kind}`, async () => {
      const fields = routeFields({ token: `sub-${kind}`, key: KEYS.wrong, parentKey: KEYS.current });
      expect(await isAccepted(await bodyOf(fields, kind))).toBe(true);
      expect(await isAccepted(await bodyOf(fields, kind), "third")).toBe(false);
    });
  }

  test("is verified before and after attachments, whose names and contents are ignored", async () => {
    const request = await bodyOf(routeFields({ token: "with-file" }), "multipart", true);
    expect(await isAccepted(request)).toBe(true);
    const { token, ...rest } = routeFields({ token: "with-file" });
    const form = new FormData();
    for (const [name, value] of Object.entries(rest)) form.set(name, value);
    form.set("token", new Blob([token]), "a.txt");
    const made = new Response(form);
    const headers = { "content-type": made.headers.get("content-type") ?? "" };
    const asFile = requestOf({ headers, body: new Uint8Array(await made.arrayBuffer()) });
    expect(await isAccepted(asFile)).toBe(false);
    expect(await isAccepted(await bodyOf(rest, "multipart", true))).toBe(false);
  });

  test("is refused without failing if the form is truncated, endless or missing", async () => {
    const whole = await bodyOf(routeFields({ token: "cut" }), "multipart");
    const type = whole.headers.get("content-type") ?? "";
    const boundary = type.split("boundary=")[1] ?? "";
    const bodies = [
      "",
      `--${boundary}`,
      `--${boundary}\r\n`,
      `--${boundary}\r\nContent-Disposition: form-data; name="token"\r\n\r\n`,
      `--${boundary}\r\nContent-Disposition: form-data; name="token"\r\n--${boundary}\r\n\r\n`,
      `--${boundary}\r\n`.repeat(20_000),
      `\r\n--${boundary}\r\n\r\n`.repeat(20_000),
      `token=${"a".repeat(100_000)}`,
    ];
    for (const body of bodies)
      for (const contentType of [
        type,
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=",
      ])
        expect(
          await isAccepted(
            requestOf({ headers: { "content-type": contentType }, body: encoder.encode(body) }),
          ),
        ).toBe(false);
    for (const cut of [10, 100, whole.body.length - 300])
      expect(typeof (await isAccepted({ ...whole, body: whole.body.slice(0, cut) }))).toBe("boolean");
  });
});

describe("a webhook of Mailgun's", () => {
  const json = (signature: Record<string, unknown>) =>
    requestOf({
      headers: {},
      body: encoder.encode(JSON.stringify({ signature, "event-data": { event: "opened" } })),
    });
  const sign = (token: string, key = KEYS.current) => mac({ ...hex, key }, String(TIME), token);
  const verify = (signature: Record<string, unknown>) =>
    provider.prepare({ secret: KEYS.current }).verify(json(signature));

  test("may have a numeric timestamp", async () => {
    const signature = sign("number");
    expect(await verify({ timestamp: TIME, token: "number", signature })).toEqual({ accepted: true });
    for (const timestamp of [TIME + 1, TIME + 0.5, -TIME, null, [TIME], true, 1e300])
      expect(await verify({ timestamp, token: "number", signature })).toMatchObject({ accepted: false });
  });

  test("of a subaccount is verified by the primary account's key, or by its own", async () => {
    const [own, parent] = [sign("sub", KEYS.wrong), sign("sub")];
    const signed = { timestamp: String(TIME), token: "sub", signature: own };
    expect(await verify({ ...signed, "parent-signature": parent })).toEqual({ accepted: true });
    expect(await verify({ ...signed, signature: parent, "parent-signature": own })).toEqual({
      accepted: true,
    });
    for (const other of [own, "", "zz", parent.slice(1), null, 1])
      expect(await verify({ ...signed, "parent-signature": other })).toMatchObject({ accepted: false });
  });
});
