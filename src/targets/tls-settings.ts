/** TLS settings of a target: a CA to trust, and a client certificate that identifies the gateway; all in PEM. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { z } from "zod";
import type { OutboundTls } from "../outbound/outbound.ts";
import { type FormField, inSection } from "../settings/form-field.ts";

/** Enough for a bundle of a few CAs; forms carry little more. */
const MAX_PEM_CHARACTERS = 64 * 1024;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

const pem = z
  .string()
  .max(MAX_PEM_CHARACTERS)
  // Browsers end lines with CR LF.
  .overwrite((text) => `${text.replaceAll("\r\n", "\n").trim()}\n`);

const certificates = pem.superRefine((text, context) => {
  const fault = certificatesFault(text);
  if (fault !== null) context.addIssue({ code: "custom", message: fault });
});

const privateKey = pem.superRefine((text, context) => {
  const key = readKey(text);
  if (typeof key === "string") context.addIssue({ code: "custom", message: key });
});

export const tlsShape = {
  tls_ca: certificates
    .optional()
    .describe("PEM certificates of a private CA. Only certificates issued by it are trusted."),
  tls_client_certificate: certificates
    .optional()
    .describe("PEM client certificate that identifies the gateway to the receiver, followed by its chain."),
  tls_client_key: privateKey.optional().describe("PEM private key of the client certificate, not encrypted."),
};

const TLS_NAMES = ["tls_ca", "tls_client_certificate", "tls_client_key"] as const;

type TlsSettings = Readonly<z.output<z.ZodObject<typeof tlsShape>>>;

export const tlsFields: readonly FormField[] = inSection("TLS", [
  {
    name: "tls_ca",
    label: "Private CA",
    kind: "textarea",
    placeholder: "-----BEGIN CERTIFICATE-----",
    help: "In PEM. The receiver's certificate must be issued by this CA and no other. Leave empty for the public CAs.",
  },
  {
    name: "tls_client_certificate",
    label: "Client certificate",
    kind: "textarea",
    placeholder: "-----BEGIN CERTIFICATE-----",
    help: "In PEM, followed by its chain; identifies the gateway to the receiver.",
  },
  {
    name: "tls_client_key",
    label: "Private key of the client certificate",
    kind: "textarea",
    secret: true,
    placeholder: "-----BEGIN PRIVATE KEY-----",
    help: "In PEM, not encrypted.",
  },
]);

type TlsFault = Readonly<{ field: keyof typeof tlsShape; message: string }>;

/** Returns the fault of settings that are individually valid but do not fit together; null if there is none. */
export function tlsFault(settings: TlsSettings & Readonly<{ url: string }>): TlsFault | null {
  const { tls_ca: ca, tls_client_certificate: certificate, tls_client_key: key, url } = settings;
  const given = { tls_ca: ca, tls_client_certificate: certificate, tls_client_key: key };
  const first = TLS_NAMES.find((name) => given[name] !== undefined);
  if (first === undefined) return null;
  if (!url.toLowerCase().startsWith("https:")) {
    return { field: first, message: "needs an https URL" };
  }
  if (certificate === undefined) {
    const message = "is missing. Enter the certificate of the private key, or remove the key.";
    return key === undefined ? null : { field: "tls_client_certificate", message };
  }
  if (key === undefined)
    return { field: "tls_client_key", message: "is missing. A client certificate needs its private key." };
  const [leaf] = certificate.match(CERTIFICATE) ?? [];
  const opened = readKey(key);
  if (leaf === undefined || typeof opened === "string") return null;
  if (new X509Certificate(leaf).checkPrivateKey(opened)) return null;
  const message = "does not match the client certificate, which must be first in its chain";
  return { field: "tls_client_key", message };
}

/** Returns undefined if the target has no TLS settings. */
export function tlsOf(settings: TlsSettings): OutboundTls | undefined {
  const { tls_ca: ca, tls_client_certificate: cert, tls_client_key: key } = settings;
  if (ca === undefined && cert === undefined) return undefined;
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && key !== undefined && { cert, key }) };
}

function certificatesFault(text: string): string | null {
  if (text.includes("PRIVATE KEY-----")) return "contains a private key. Enter it in its own field.";
  const blocks = text.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) return "must be in PEM: -----BEGIN CERTIFICATE----- and so on";
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block);
    } catch {
      return blocks.length === 1
        ? "is not a certificate"
        : `is not valid: certificate ${index + 1} cannot be read`;
    }
  }
  return null;
}

/** Returns the key, or its fault. */
function readKey(text: string): KeyObject | string {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    return "must be in PEM: -----BEGIN PRIVATE KEY----- and so on";
  }
  if (text.includes("ENCRYPTED")) return "is encrypted. Enter it decrypted; it is stored encrypted.";
  try {
    return createPrivateKey(text);
  } catch {
    return "is not a private key";
  }
}
