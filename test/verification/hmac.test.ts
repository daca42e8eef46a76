import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { createTestProviders } from "../support/providers.ts";
import { NOW, requestOf, URL_CALLED } from "./sample.ts";

const provider = createTestProviders().get("hmac");
const { configSchema, inputSchema = configSchema } = provider;
const encoder = new TextEncoder();

const faultsOf = (config: Record<string, unknown>) =>
  inputSchema
    .safeParse({ secret: "a", header: "X-Signature", ...config })
    .error?.issues.map(({ path, message }) => [path[0], message]);

const fieldsOf = (config: Record<string, unknown>) => faultsOf(config)?.map(([field]) => field);

describe("the generic HMAC settings", () => {
  test("are refused if the scheme proves nothing or is impossible", () => {
    expect(fieldsOf({})).toBeUndefined();
    expect(fieldsOf({ template: "{timestamp}" })).toEqual(["template", "timestamp_header"]);
    expect(fieldsOf({ template: "{id}.{body}" })).toEqual(["id_header"]);
    expect(fieldsOf({ tolerance_seconds: 5, timestamp_header: "X-Time" })).toEqual(["tolerance_seconds"]);
    expect(fieldsOf({ secret: "no base64!", secret_encoding: "base64" })).toEqual(["secret"]);
    expect(fieldsOf({ event_type: "$.", duplicate_id: "a b" })).toEqual(["event_type", "duplicate_id"]);
    expect(fieldsOf({ header: undefined })).toEqual(["header"]);
    expect(fieldsOf({ signature_place: "?a" })).toEqual(["signature_place"]);
    expect(fieldsOf({ timestamp_key: "t", template: "{timestamp}{body}" })).toEqual(["signature_key"]);
    const both = { signature_key: "v", timestamp_key: "t", timestamp_header: "X-Time" };
    expect(fieldsOf({ ...both, template: "{timestamp}{body}" })).toEqual(["timestamp_key"]);
    expect(fieldsOf({ template: "{$.id}" })).toEqual(["template"]);
    expect(fieldsOf({ template: "{$.id}", unsigned_body: true })).toBeUndefined();
    expect(fieldsOf({ template: "{method}{url}", unsigned_body: true })).toEqual(["template"]);
    expect(fieldsOf({ separator: "a" })).toEqual(["separator"]);
    for (const place of ["signature", "?", "?a b", "?a=", "$", "$."])
      expect(fieldsOf({ header: undefined, signature_place: place })).toContain("signature_place");
  });

  test("are refused with an unknown placeholder, which the message names", () => {
    expect(faultsOf({ template: "{boddy}{body}" })?.[0]?.[1]).toContain("{boddy}");
    for (const wrong of ["{body_sha3_hex}", "{header.}", "{$.}", "{constructor}", "{}"])
      expect([wrong, fieldsOf({ template: `{body}${wrong}` })]).toEqual([wrong, ["template"]]);
  });

  test("are refused with a truncated key, which stays valid if it is already stored", async () => {
    for (const [secret_encoding, secret] of [
      ["hex", "abc"],
      ["base64", "AAAAA"],
      ["base64url", "AB"],
    ]) {
      const config = { secret, secret_encoding, header: "X-Signature" };
      expect(fieldsOf(config)).toEqual(["secret"]);
      const digest = createHmac("sha256", Buffer.from(String(secret), secret_encoding as BufferEncoding));
      const headers = { "X-Signature": digest.update("{}").digest("hex") };
      const request = requestOf({ headers, body: encoder.encode("{}") });
      expect(await provider.prepare(config).verify(request)).toEqual({ accepted: true });
    }
  });

  test("keep a trailing space of the prefix and line breaks of the template through storage and the form", () => {
    const stored = inputSchema.parse({
      secret: "a",
      header: "A",
      prefix: " HMAC ",
      template: "{method}\r\n{body}",
    });
    expect(stored).toMatchObject({ prefix: "HMAC ", template: "{method}{newline}{body}" });
  });

  test("of older versions keep their meaning", async () => {
    const sign = (text: string) => createHmac("sha256", "s").update(text).digest("hex");
    const [body, time] = ["{}", String(Math.floor(NOW / 1_000))];
    const before = [
      [{}, { "X-Signature": sign(body) }],
      [{ prefix: "sha256=" }, { "X-Signature": `sha256=${sign(body)}` }],
      [{ prefix: "HMAC" }, { "X-Signature": `HMAC${sign(body)}` }],
      [{ prefix: "v1," }, { "X-Signature": `v1,${sign(body)}` }],
      [{ template: "{url}|{body}" }, { "X-Signature": sign(`${URL_CALLED}|${body}`) }],
      [
        { template: "v0:{timestamp}:{body}", timestamp_header: "X-Time", tolerance_seconds: 60 },
        { "X-Signature": sign(`v0:${time}:${body}`), "X-Time": time },
      ],
      [
        { template: "{id}{body}", id_header: "X-Id" },
        { "X-Signature": sign(`7${body}`), "X-Id": "7" },
      ],
    ] as const;
    for (const [config, headers] of before) {
      const stored = {
        hash: "sha256",
        encoding: "hex",
        secret_encoding: "text",
        template: "{body}",
        ...config,
      };
      const verifier = provider.prepare({ secret: "s", header: "X-Signature", ...stored });
      const request = requestOf({ headers: { ...headers }, body: encoder.encode(body) });
      expect([config, await verifier.verify(request)]).toEqual([config, { accepted: true }]);
      const other = { ...request, body: encoder.encode("{ }") };
      expect((await verifier.verify(other)).accepted).toBe(false);
    }
  });
});

test("each of two timestamps counts with its own signature, so a newer one does not make an older signature fresh", async () => {
  const config = {
    secret: "s",
    header: "X-S",
    template: "{timestamp}.{body}",
    tolerance_seconds: 300,
    signature_key: "v1",
    timestamp_key: "t",
  };
  const verifier = provider.prepare(config);
  const at = (milliseconds: number) => String(Math.floor(milliseconds / 1_000));
  const pair = (time: string, signed = time) =>
    `t=${time},v1=${createHmac("sha256", "s").update(`${signed}.{}`).digest("hex")}`;
  const isAccepted = async (value: string) =>
    (await verifier.verify(requestOf({ headers: { "X-S": value }, body: encoder.encode("{}") }))).accepted;
  const [old, now] = [at(NOW - 3_600_000), at(NOW)];
  expect(await isAccepted(`${pair(old)} ${pair(now)}`)).toBe(true);
  expect(await isAccepted(`${pair(now)} ${pair(old)}`)).toBe(true);
  expect(await isAccepted(pair(old))).toBe(false);
  // The old timestamp's signature, with the new timestamp added.
  expect(await isAccepted(pair(now, old))).toBe(false);
  expect(await isAccepted(`t=${now},${pair(old)}`)).toBe(false);
});
