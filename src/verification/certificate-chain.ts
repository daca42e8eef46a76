/** Checks who issued a certificate, up to an authority that is trusted. */
import { type KeyObject, X509Certificate } from "node:crypto";

const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
/** Real chains have two or three. */
const MOST_CERTIFICATES = 6;

export type TrustedKey = Readonly<{
  key: KeyObject;
  /** When every certificate of the chain is valid: milliseconds UTC. */
  validFrom: number;
  validTo: number;
}>;

/**
 * The public key of the first certificate in the PEM text, whose name must be `host` or below it. Null where the text
 * is no such certificate, or its chain, which follows it in any order, does not end at one of the roots.
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
 * The key of the first certificate in the PEM text, if `isName` takes a name of it. Who issued it is not looked at: the
 * text must come from where none but its owner can put it.
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
  // The names first: most roots are another's, and verifying costs.
  return subject.issuer === issuer.subject && subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
}

function isFor(certificate: X509Certificate, host: string): boolean {
  return namesOf(certificate).some((name) => name === host || name.endsWith(`.${host}`));
}

/** In lower case. */
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
