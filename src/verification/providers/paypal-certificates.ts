/** Finds PayPal's signing certificates, and decides which of them to trust. */
import type { X509Certificate } from "node:crypto";
import type { Clock } from "../../lib/clock.ts";
import type { Outbound } from "../../outbound/outbound.ts";
import { findTrustedKey } from "../certificate-chain.ts";
import {
  createSigningCertificates,
  isPlainHttps,
  type SigningCertificates,
} from "../public-keys/signing-certificates.ts";

const NAME = "paypal.com";
const HOST = /^api(?:-m)?(?:\.sandbox)?\.paypal\.com$/;
const PATH = /^\/v1\/notifications\/certs\/CERT-[0-9A-Za-z-]{8,64}$/;

export function createPayPalCertificates(deps: {
  outbound: Pick<Outbound, "request">;
  clock: Clock;
  /** Called at the first use, because parsing the roots takes some milliseconds. */
  roots: () => readonly X509Certificate[];
}): SigningCertificates {
  const { roots, ...rest } = deps;
  return createSigningCertificates({
    ...rest,
    isTheirs: (url) => isPlainHttps(url) && HOST.test(url.hostname) && PATH.test(url.pathname),
    read: (pem) => findTrustedKey({ pem, host: NAME, roots: roots() }),
  });
}
