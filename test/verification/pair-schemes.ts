/** Signing schemes of services that send timestamp and signatures as pairs in one header. */
import { type Scheme, seconds } from "./scheme-signing.ts";

/** Signs timestamp and body: "t=1,v1=…" in the header "Signature". */
export const pairs = (keys: readonly [string, string], more: Partial<Scheme["config"]> = {}) => ({
  header: "Signature",
  template: "{timestamp}.{body}",
  tolerance_seconds: 300,
  timestamp_key: keys[0],
  signature_key: keys[1],
  ...more,
});

export const PAIR_SCHEMES: Readonly<Record<string, Scheme>> = {
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
};
