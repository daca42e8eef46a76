/** How services sign that the generic HMAC provider has to be able to describe; each with a signer of its own. */
import { createHash, createHmac } from "node:crypto";
import { URL_CALLED } from "./sample.ts";

/** What a signer may use. `mac` is Node's HMAC, so that a test can spoil one bit of every signature. */
export type Signer = Readonly<{
  body: string;
  /** Milliseconds UTC. */
  at: number;
  url: string;
  mac: (text: string, hash?: string) => Buffer;
}>;

export type Signed = Readonly<{ headers?: Record<string, string>; query?: string; body?: string }>;

export type Scheme = Readonly<{
  /** Without the secret. */
  config: Readonly<Record<string, unknown>>;
  sign: (by: Signer) => Signed;
  /** What is sent; without it any JSON. */
  body?: (text: string) => string;
  /** The sender signs no time, or as a nonce. */
  untimed?: boolean;
  /** Only some values of the body are signed. */
  unsignedBody?: boolean;
}>;

const seconds = (at: number) => String(Math.floor(at / 1_000));
const sha256 = (text: string) => createHash("sha256").update(text).digest();
const pathOf = (url: string) => url.slice("https://hooks.example".length);

/** "t=1,v1=…" in the header "Signature", of time and body. */
const pairs = (keys: readonly [string, string], more: Partial<Scheme["config"]> = {}) => ({
  ...{ header: "Signature", template: "{timestamp}.{body}", tolerance_seconds: 300 },
  ...{ timestamp_key: keys[0], signature_key: keys[1], ...more },
});

export const SCHEMES: Readonly<Record<string, Scheme>> = {
  "Calendly, Recharge, Tailscale": {
    config: pairs(["t", "v1"]),
    sign: ({ mac, at, body }) => ({
      headers: { Signature: `t=${seconds(at)},v1=${mac(`${seconds(at)}.${body}`).toString("hex")}` },
    }),
  },
  "WorkOS, with a blank after the comma": {
    config: pairs(["t", "v1"]),
    sign: ({ mac, at, body }) => ({
      headers: { Signature: `t=${at}, v1=${mac(`${at}.${body}`).toString("hex")}` },
    }),
  },
  "Persona, while it rotates: pairs with a blank between them, each with its time": {
    config: pairs(["t", "v1"]),
    sign: ({ mac, at, body }) => ({
      headers: {
        Signature: `t=${seconds(at - 1_000)},v1=${"0".repeat(64)} t=${seconds(at)},v1=${mac(`${seconds(at)}.${body}`).toString("hex")}`,
      },
    }),
  },
  TikTok: {
    config: pairs(["t", "s"]),
    sign: ({ mac, at, body }) => ({
      headers: { Signature: `t=${seconds(at)},s=${mac(`${seconds(at)}.${body}`).toString("hex")}` },
    }),
  },
  "NMI, whose t is a nonce": {
    config: { ...pairs(["t", "s"]), tolerance_seconds: undefined },
    untimed: true,
    sign: ({ mac, body }) => ({
      headers: { Signature: `t=n-0/nce,s=${mac(`n-0/nce.${body}`).toString("hex")}` },
    }),
  },
  "Courier, in milliseconds": {
    config: pairs(["t", "signature"]),
    sign: ({ mac, at, body }) => ({
      headers: { Signature: `t=${at},signature=${mac(`${at}.${body}`).toString("hex")}` },
    }),
  },
  "Knock, in base64": {
    config: pairs(["t", "s"], { encoding: "base64" }),
    sign: ({ mac, at, body }) => ({
      headers: { Signature: `t=${at},s=${mac(`${at}.${body}`).toString("base64")}` },
    }),
  },
  "Sanity, in base64url": {
    config: pairs(["t", "v1"], { encoding: "base64url" }),
    sign: ({ mac, at, body }) => ({
      headers: { Signature: `t=${at},v1=${mac(`${at}.${body}`).toString("base64url")}` },
    }),
  },
  Ascend: {
    config: pairs(["t", "v1"], { template: "{timestamp}:{body}" }),
    sign: ({ mac, at, body }) => ({
      headers: { Signature: `t=${seconds(at)},v1=${mac(`${seconds(at)}:${body}`).toString("hex")}` },
    }),
  },
  "Retell, body first": {
    config: pairs(["v", "d"], { template: "{body}{timestamp}" }),
    sign: ({ mac, at, body }) => ({
      headers: { Signature: `v=${at},d=${mac(`${body}${at}`).toString("hex")}` },
    }),
  },
  "Upollo, colons in the pairs": {
    config: { header: "Signature", hash: "sha512", signature_key: "s0", key_separator: ":" },
    untimed: true,
    sign: ({ mac, at, body }) => ({
      headers: { Signature: `t:${seconds(at)},s0:${mac(body, "sha512").toString("hex")}` },
    }),
  },
  "TabaPay, a key for each secret": {
    config: pairs(["t", "v1, v2"]),
    sign: ({ mac, at, body }) => ({
      headers: {
        Signature: `t=${seconds(at)},v1=${"a".repeat(64)},v2=${mac(`${seconds(at)}.${body}`).toString("hex")}`,
      },
    }),
  },
  "Dixa, a key in hex": {
    config: pairs(["t", "v1"], { secret_encoding: "hex" }),
    sign: ({ mac, at, body }) => ({
      headers: { Signature: `t=${at},v1=${mac(`${at}.${body}`).toString("hex")}` },
    }),
  },
  "Bridge and PagerDuty, several with a prefix": {
    config: { header: "Signature", prefix: "v1=" },
    untimed: true,
    sign: ({ mac, body }) => ({
      headers: { Signature: `v1=${"0".repeat(64)},v1=${mac(body).toString("hex").toUpperCase()}` },
    }),
  },
  Revolut: {
    config: {
      ...{ header: "Revolut-Signature", prefix: "v1=", template: "v1.{timestamp}.{body}" },
      ...{ timestamp_header: "Revolut-Request-Timestamp", tolerance_seconds: 300 },
    },
    sign: ({ mac, at, body }) => ({
      headers: {
        "Revolut-Request-Timestamp": String(at),
        "Revolut-Signature": `v1=${"0".repeat(64)},v1=${mac(`v1.${at}.${body}`).toString("hex")}`,
      },
    }),
  },
  "Synctera, bare ones with a dot between them": {
    config: {
      ...{ header: "Synctera-Signature", separator: ".", template: "{timestamp}.{body}" },
      ...{ timestamp_header: "Request-Timestamp", tolerance_seconds: 300 },
    },
    sign: ({ mac, at, body }) => ({
      headers: {
        "Request-Timestamp": seconds(at),
        "Synctera-Signature": `${"0".repeat(64)}.${mac(`${seconds(at)}.${body}`).toString("hex")}`,
      },
    }),
  },
  "Worldpay, with the key's number and the hash before each": {
    config: { header: "Event-Signature", separator: "/,", encoding: "hex" },
    untimed: true,
    sign: ({ mac, body }) => ({
      headers: { "Event-Signature": `1/SHA256/${"0".repeat(64)},2/SHA256/${mac(body).toString("hex")}` },
    }),
  },
  "360Learning, v1 and a comma": {
    config: { header: "Signature", prefix: "v1,", encoding: "base64" },
    untimed: true,
    sign: ({ mac, body }) => ({
      headers: {
        Signature: `v1,${Buffer.alloc(32).toString("base64")} v1,${mac(body).toString("base64")}`,
      },
    }),
  },
  "Microsoft Teams, a word before it and a key in base64": {
    config: { header: "Authorization", prefix: "HMAC ", encoding: "base64", secret_encoding: "base64" },
    untimed: true,
    sign: ({ mac, body }) => ({ headers: { Authorization: `HMAC ${mac(body).toString("base64")}` } }),
  },
  "Tebex, of the digest's hex digits": {
    config: { header: "X-Signature", template: "{body_sha256_hex}" },
    untimed: true,
    sign: ({ mac, body }) => ({
      headers: { "X-Signature": mac(sha256(body).toString("hex")).toString("hex") },
    }),
  },
  "Solidgate, base64 of the hex digits": {
    config: {
      ...{ header: "signature", hash: "sha512", encoding: "base64-of-hex" },
      template: "wh_pk_1{body}wh_pk_1",
    },
    untimed: true,
    sign: ({ mac, body }) => ({
      headers: {
        signature: Buffer.from(mac(`wh_pk_1${body}wh_pk_1`, "sha512").toString("hex")).toString("base64"),
      },
    }),
  },
  "Walmart, of method, path and query": {
    config: {
      ...{ header: "WM_SEC.SIGNATURE", encoding: "base64", timestamp_header: "WM_SEC.TIMESTAMP" },
      template: "{method}{newline}{target}{newline}{timestamp}{newline}{body_sha256_hex}",
      tolerance_seconds: 300,
    },
    sign: ({ mac, at, body, url }) => ({
      headers: {
        "WM_SEC.TIMESTAMP": seconds(at),
        "WM_SEC.SIGNATURE": mac(
          ["POST", pathOf(url), seconds(at), sha256(body).toString("hex")].join("\n"),
        ).toString("base64"),
      },
    }),
  },
  "Vipps, of headers and the host": {
    config: {
      header: "Authorization",
      prefix: "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=",
      encoding: "base64",
      template: "{method}\n{target}\n{header.x-ms-date};{host};{body_sha256_base64}",
    },
    sign: ({ mac, at, body, url }) => {
      const date = new Date(at).toUTCString();
      const signed = `POST\n${pathOf(url)}\n${date};hooks.example;${sha256(body).toString("base64")}`;
      return {
        headers: {
          "x-ms-date": date,
          Authorization: `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=${mac(signed).toString("base64")}`,
        },
      };
    },
  },
  "Hook0, of a header that it names": {
    config: pairs(["t", "v1"], { template: "{timestamp}.x-event-id.{header.X-Event-Id}.{body}" }),
    sign: ({ mac, at, body }) => ({
      headers: {
        "X-Event-Id": "é1",
        Signature: `t=${seconds(at)},h=x-event-id,v1=${mac(`${seconds(at)}.x-event-id.é1.${body}`).toString("hex")}`,
      },
    }),
  },
  "PandaDoc, in the query": {
    config: { signature_place: "?signature" },
    untimed: true,
    sign: ({ mac, body }) => ({ query: `a=1&signature=${mac(body).toString("hex")}` }),
  },
  "a signature in the URL that it signs": {
    config: { signature_place: "?sig", encoding: "base64", template: "{url}{body}" },
    untimed: true,
    sign: ({ mac, body, url }) => ({
      query: `${url.split("?")[1]}&sig=${mac(`${url}${body}`).toString("base64")}`,
    }),
  },
  "Favro, of a value and the URL": {
    config: {
      ...{ header: "X-Favro-Webhook", hash: "sha1", encoding: "base64" },
      ...{ template: "{$.payloadId}{url}", unsigned_body: true },
    },
    ...{ untimed: true, unsignedBody: true },
    body: (text) => JSON.stringify({ payloadId: text, action: "created" }),
    sign: ({ mac, body, url }) => ({
      headers: { "X-Favro-Webhook": mac(`${JSON.parse(body).payloadId}${url}`, "sha1").toString("base64") },
    }),
  },
  "Paymob, of values in the query's signature": {
    config: {
      ...{ signature_place: "?hmac", hash: "sha512", unsigned_body: true },
      template: "{$.obj.amount_cents}{$.obj.currency}{$.obj.id}{$.obj.success}{$.obj.none}",
    },
    ...{ untimed: true, unsignedBody: true },
    body: (text) =>
      JSON.stringify({
        obj: { amount_cents: 100, currency: text, id: 192036465, success: true, none: null },
      }),
    sign: ({ mac, body }) => ({
      query: `hmac=${mac(`100${JSON.parse(body).obj.currency}192036465true`, "sha512").toString("hex")}`,
    }),
  },
  "Adyen, of values and in the body": {
    config: {
      ...{ signature_place: "$.additionalData.hmacSignature", encoding: "base64", secret_encoding: "hex" },
      template: "{$.pspReference}:{$.originalReference}:{$.amount.value}:{$.success}",
      unsigned_body: true,
    },
    ...{ untimed: true, unsignedBody: true },
    body: (text) => JSON.stringify({ pspReference: text, amount: { value: 1130 }, success: "true" }),
    sign: ({ mac, body }) => {
      const item = JSON.parse(body);
      const hmacSignature = mac(`${item.pspReference}::1130:true`).toString("base64");
      return { body: JSON.stringify({ ...item, additionalData: { hmacSignature } }) };
    },
  },
};

/** Signs by a scheme. `spoil` takes one bit of every signature. */
export function signBy(options: {
  scheme: Scheme;
  key: string;
  at: number;
  text?: string;
  spoil?: boolean;
}): Readonly<{ headers: Record<string, string>; query: string; body: string }> {
  const { scheme, key, at, text = "wörld", spoil = false } = options;
  const body = scheme.body?.(text) ?? JSON.stringify({ text });
  const mac = (signed: string, hash = "sha256") => {
    const digest = createHmac(hash, key).update(signed).digest();
    return spoil ? Buffer.from(digest.map((byte, index) => (index === 7 ? byte ^ 1 : byte))) : digest;
  };
  const signed = scheme.sign({ body, at, url: URL_CALLED, mac });
  return {
    headers: signed.headers ?? {},
    query: signed.query ?? URL_CALLED.split("?")[1] ?? "",
    body: signed.body ?? body,
  };
}
