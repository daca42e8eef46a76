/** Verifies certificate chains up to a trusted root. */
import { type KeyObject, X509Certificate } from "node:crypto";

const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
/** Real chains have two or three certificates. */
const MOST_CERTIFICATES = 6;

export type TrustedKey = Readonly<{
  key: KeyObject;
  /** The period in which every certificate of the chain is valid: milliseconds UTC. */
  validFrom: number;
  validTo: number;
}>;

/**
 * Returns the public key of the first certificate in the PEM text, which must be issued for `host` or a name below it.
 * Null if there is no such certificate, or if its chain, which follows in any order, does not end at one of the roots.
 */
export function findTrustedKey(options: {
  pem: string;
  host: string;
  roots: readonly X509Certificate[];
}): TrustedKey | null {
  const { pem, host, roots } = options;
  const [leaf, ...others] = readAll(pem);
  if (!leaf || !isFor(leaf, host)) return null;
  const authorities = others.filter(({ ca }) => ca);
  const chain = [leaf];
  for (let current: X509Certificate | undefined = leaf; current; ) {
    const subject: X509Certificate = current;
    const root = roots.find((each) => isIssuedBy(subject, each));
    if (root) return trusted(leaf, [...chain, root]);
    current = authorities.find((each) => !chain.includes(each) && isIssuedBy(subject, each));
    if (current) chain.push(current);
  }
  return null;
}

/**
 * Returns the key of the first certificate in the PEM text if `isName` accepts one of its names. The issuer is not
 * checked, so the text must come from a location that only the certificate's owner can write to.
 */
export function findNamedKey(pem: string, isName: (name: string) => boolean): TrustedKey | null {
  const [leaf] = readAll(pem);
  return leaf && namesOf(leaf).some(isName) ? trusted(leaf, [leaf]) : null;
}

function readAll(pem: string): X509Certificate[] {
  try {
    return (pem.match(PEM) ?? []).slice(0, MOST_CERTIFICATES).map((text) => new X509Certificate(text));
  } catch {
    return [];
  }
}

function isIssuedBy(subject: X509Certificate, issuer: X509Certificate): boolean {
  // Compares names first: most roots do not match, and verifying a signature is expensive.
  return subject.issuer === issuer.subject && subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
}

function isFor(certificate: X509Certificate, host: string): boolean {
  return namesOf(certificate).some((name) => name === host || name.endsWith(`.${host}`));
}

/** Returns the certificate's names in lower case. */
function namesOf({ subject, subjectAltName = "" }: X509Certificate): string[] {
  const lines = `${subject}\n${subjectAltName.replaceAll(", ", "\n")}`;
  return [...lines.matchAll(/^(?:CN=|DNS:)(\S+)$/gm)].map(([, name = ""]) => name.toLowerCase());
}

function trusted(leaf: X509Certificate, chain: readonly X509Certificate[]): TrustedKey {
  return {
    key: leaf.publicKey,
    validFrom: Math.max(...chain.map(({ validFrom }) => Date.parse(validFrom))),
    validTo: Math.min(...chain.map(({ validTo }) => Date.parse(validTo))),
  };
}
