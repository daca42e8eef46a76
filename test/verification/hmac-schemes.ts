/** Signing schemes of services that the generic HMAC provider must support; each has its own signer. */
import { createHash } from "node:crypto";
import { PAIR_SCHEMES, pairs } from "./pair-schemes.ts";
import { type Scheme, seconds } from "./scheme-signing.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest();
const pathOf = (url: string) => url.slice("https://hooks.example".length);

export const SCHEMES: Readonly<Record<string, Scheme>> = {
  ...PAIR_SCHEMES,
  "Bridge and PagerDuty, several with a prefix": {
    config: { header: "Signature", prefix: "v1=" },
    untimed: true,
    sign: ({ mac, body }) => ({
      headers: { Signature: `v1=${"0".repeat(64)},v1=${mac(body).toString("hex").toUpperCase()}` },
    }),
  },
  Revolut: {
    config: {
      header: "Revolut-Signature",
      prefix: "v1=",
      template: "v1.{timestamp}.{body}",
      timestamp_header: "Revolut-Request-Timestamp",
      tolerance_seconds: 300,
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
      header: "Synctera-Signature",
      separator: ".",
      template: "{timestamp}.{body}",
      timestamp_header: "Request-Timestamp",
      tolerance_seconds: 300,
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
      header: "signature",
      hash: "sha512",
      encoding: "base64-of-hex",
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
      header: "WM_SEC.SIGNATURE",
      encoding: "base64",
      timestamp_header: "WM_SEC.TIMESTAMP",
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
      header: "X-Favro-Webhook",
      hash: "sha1",
      encoding: "base64",
      template: "{$.payloadId}{url}",
      unsigned_body: true,
    },
    untimed: true,
    unsignedBody: true,
    body: (text) => JSON.stringify({ payloadId: text, action: "created" }),
    sign: ({ mac, body, url }) => ({
      headers: { "X-Favro-Webhook": mac(`${JSON.parse(body).payloadId}${url}`, "sha1").toString("base64") },
    }),
  },
  "Paymob, of values in the query's signature": {
    config: {
      signature_place: "?hmac",
      hash: "sha512",
      unsigned_body: true,
      template: "{$.obj.amount_cents}{$.obj.currency}{$.obj.id}{$.obj.success}{$.obj.none}",
    },
    untimed: true,
    unsignedBody: true,
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
      signature_place: "$.additionalData.hmacSignature",
      encoding: "base64",
      secret_encoding: "hex",
      template: "{$.pspReference}:{$.originalReference}:{$.amount.value}:{$.success}",
      unsigned_body: true,
    },
    untimed: true,
    unsignedBody: true,
    body: (text) => JSON.stringify({ pspReference: text, amount: { value: 1130 }, success: "true" }),
    sign: ({ mac, body }) => {
      const item = JSON.parse(body);
      const hmacSignature = mac(`${item.pspReference}::1130:true`).toString("base64");
      return { body: JSON.stringify({ ...item, additionalData: { hmacSignature } }) };
    },
  },
};
