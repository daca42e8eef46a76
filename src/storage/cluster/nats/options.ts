/** Reads what a gateway is told about its NATS servers. */
import type { Authenticator, TlsOptions } from "@nats-io/transport-node";
import { ConfigError } from "../../../config.ts";

export type NatsOptions = Readonly<{
  /** `nats://a,b,c`, or `tls://…` for connections that must be encrypted; 4222 is the default port. */
  url: string;
  /** Content of a `.creds` file, a seed (`SU…`), or `user:password`; null signs in as nobody. */
  credentials: string | null;
  /** The same of a user in the servers' system account, which may ask for their settings. */
  systemCredentials: string | null;
  /** For `tls://`, in PEM: an authority beside the system's, and this gateway's certificate if the servers ask for one. */
  tls: Readonly<{ authority: string | null; certificate: string | null; key: string | null }>;
  /** Shown among the servers' connections. */
  node: string;
  /** Name of the cluster, if others have the same servers. */
  cluster: string | null;
  /** Fixed once the log exists. */
  shards: number;
  /** Most that all shards together may take on each server. */
  maxBytes: number;
}>;

const ADDRESSES = /^(nats|tls):\/\/([^/?#]+)\/?$/;
const ADDRESS = /^(\[[\da-fA-F:.]+\]|[\w.-]+)(:\d{1,5})?$/;
const SEED = /^SU[A-Z2-7]{56}$/;

type Client = typeof import("@nats-io/transport-node");

/** Throws ConfigError. */
export function addressesOf(url: string): { servers: string[]; isEncrypted: boolean } {
  const [, scheme = "", list = ""] = ADDRESSES.exec(url) ?? [];
  const servers = list.split(",").map((server) => server.trim());
  const hint = "Set nats://a,b,c or tls://a,b,c with the host names or addresses of the servers.";
  if (list.includes("@")) {
    const cure = "Leave the user out, and set CLUSTER_CREDENTIALS_FILE.";
    throw fault("CLUSTER_URL", "contains a user or a password", cure);
  }
  if (!servers.every((server) => ADDRESS.test(server)))
    throw fault("CLUSTER_URL", "is no list of servers", hint);
  return { servers, isEncrypted: scheme === "tls" };
}

/** Throws ConfigError. */
export function authenticatorOf(client: Client, text: string, variable: string): Authenticator {
  try {
    const authenticator = readCredentials(client, text.trim());
    // Faults would show at the first connection only, as one that cannot be made.
    authenticator?.("nonce");
    if (authenticator !== null) return authenticator;
  } catch {
    // The client's errors may repeat what they could not read.
  }
  const hint = "Set the content of a .creds file, a seed (SU…), or user:password.";
  throw fault(variable, "is no credentials of NATS", hint);
}

function readCredentials(client: Client, credentials: string): Authenticator | null {
  // A file's last line ends with a line feed for the client.
  const bytes = new TextEncoder().encode(`${credentials}\n`);
  if (credentials.includes("-----BEGIN NATS USER JWT-----")) return client.credsAuthenticator(bytes);
  if (SEED.test(credentials)) return client.nkeyAuthenticator(bytes.subarray(0, -1));
  const colon = credentials.indexOf(":");
  if (colon < 1 || /\s/.test(credentials)) return null;
  return client.usernamePasswordAuthenticator(credentials.slice(0, colon), credentials.slice(colon + 1));
}

export function tlsOf(options: NatsOptions, isEncrypted: boolean): TlsOptions | null {
  if (!isEncrypted) return null;
  const { authority, certificate, key } = options.tls;
  return {
    ...(authority === null ? {} : { ca: authority }),
    ...(certificate === null ? {} : { cert: certificate }),
    ...(key === null ? {} : { key }),
  };
}

export function fault(variable: string, text: string, hint: string): ConfigError {
  return new ConfigError([{ variable, fault: text, hint }]);
}
