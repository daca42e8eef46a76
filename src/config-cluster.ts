/** Reads where the replicated log of a cluster is, and how this node is called and reached. */
import * as values from "./config-values.ts";

export type ClusterConfig = Readonly<{
  /** Differs from the other nodes' names. */
  node: string;
  /** Origin under which the other nodes reach this one, without a trailing slash. */
  advertise: string;
  /** Nodes that are to keep the event files while this one leads. */
  copies: number;
  /** The NATS servers that keep the log. */
  nats: Readonly<{
    /** `nats://a,b,c` or `tls://a,b,c`, with a port where it is not 4222. */
    url: string;
    /** Content of a `.creds` file, a seed (`SU…`), or `user:password`; null signs in as nobody. */
    credentials: string | null;
    /** The same of a user who may ask the servers for their settings. */
    systemCredentials: string;
    /** In PEM, for `tls://` only. */
    tls: Readonly<{ authority: string | null; certificate: string | null; key: string | null }>;
    node: string;
    /** Name of the cluster, if others have the same servers; null without one. */
    cluster: string | null;
    shards: 1;
    /** Most that the log may take on each server's disk. */
    maxBytes: number;
  }>;
}>;

/** The log takes no record that is larger, so that a smaller log would be full at once. */
const MIN_LOG_BYTES = 64 * 1024 ** 2;
const MAX_LOG_BYTES = 100 * 1024 ** 4;
const LOG_BYTES = 10 * 1024 ** 3;
const COPIES = 2;
const MOST_COPIES = 7;

const ADDRESS = /^(\[[\da-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i;

const CREDENTIALS_HINT = "Set the content of a .creds file, a seed (SU…), or user:password.";
const TLS_HINT = "Set text in PEM, which begins with -----BEGIN; a file is read by the variable with _FILE.";

/** Joins the descriptions in config-variables.ts. */
export const clusterVariables = {
  CLUSTER_URL: {
    meaning:
      "NATS servers that keep the log of a cluster: `nats://a,b,c`, or `tls://a,b,c` with TLS; without it the gateway is alone",
    default: "",
    hint: "Set nats://a,b,c or tls://a,b,c with the servers' host names or addresses, and no user.",
  },
  CLUSTER_CREDENTIALS: {
    meaning:
      "Credentials at the NATS servers: a seed (`SU…`), the content of a `.creds` file, or `user:password`",
    default: "",
    secret: true,
    hint: CREDENTIALS_HINT,
  },
  CLUSTER_SYSTEM_CREDENTIALS: {
    meaning:
      "Credentials of a user in the NATS servers' system account, who asks whether they sync every write",
    default: "",
    secret: true,
    hint: CREDENTIALS_HINT,
  },
  CLUSTER_TLS_CA: {
    meaning: "Authorities of the NATS servers' certificates, in PEM",
    default: "those of the system",
    secret: true,
    hint: TLS_HINT,
  },
  CLUSTER_TLS_CERTIFICATE: {
    meaning: "This gateway's certificate for the NATS servers, in PEM, if they ask for one",
    default: "",
    secret: true,
    hint: TLS_HINT,
  },
  CLUSTER_TLS_KEY: {
    meaning: "Private key of CLUSTER_TLS_CERTIFICATE, in PEM",
    default: "",
    secret: true,
    hint: TLS_HINT,
  },
  CLUSTER_NAME: {
    meaning:
      "Name of the cluster, where several have the same NATS servers: 1 to 32 letters, digits, `_` and `-`, alike at all its nodes",
    default: "",
    hint: "Set 1 to 32 letters, digits, underscores and hyphens.",
  },
  CLUSTER_NODE: {
    meaning: "Name of this node, which no other node has: 1 to 64 letters, digits, `.`, `_` and `-`",
    default: "the host name",
    hint: "Set 1 to 64 letters, digits, dots, underscores and hyphens.",
  },
  CLUSTER_ADVERTISE: {
    meaning: "URL under which the other nodes reach this one: scheme, host and port",
    default: "http://HOST-NAME:PORT",
    hint: "Set scheme, host and port only, such as http://10.0.0.1:8080.",
  },
  CLUSTER_COPIES: {
    meaning: "Nodes that keep the event files, 1 to 7; the value of the node that leads counts",
    default: "2",
    hint: "Set a whole number from 1 to 7, the same at every node.",
  },
  CLUSTER_LOG_MAX_BYTES: {
    meaning: "Largest size of the log on each NATS server's disk, in bytes; a full log takes no events",
    default: "10737418240",
    hint: `Set a whole number from ${MIN_LOG_BYTES} to ${MAX_LOG_BYTES}.`,
  },
} as const;

/** Faults do not quote the value, because it may carry a password by mistake. */
const natsUrl = values.text((value) => {
  const [, list] = /^(?:nats|tls):\/\/([^/?#]+)\/?$/.exec(value) ?? [];
  if (list === undefined) throw new Error("the value is not nats://… or tls://… with servers");
  if (list.includes("@")) throw new Error("the URL contains a user or a password");
  if (!list.split(",").every((server) => ADDRESS.test(server.trim())))
    throw new Error("the value is not a list of servers separated by commas");
  return value;
});

export function isNodeName(text: string): boolean {
  return /^[\w.-]{1,64}$/.test(text);
}

const nodeName = values.text((value) => {
  if (!isNodeName(value)) throw new Error(`${values.quote(value)} is not a node's name`);
  return value;
});

const clusterName = values.text((value) => {
  if (!/^[\w-]{1,32}$/.test(value)) throw new Error(`${values.quote(value)} is not a cluster's name`);
  return value;
});

function pem(what: "CERTIFICATE" | "PRIVATE KEY") {
  return values.text((value) => {
    if (!new RegExp(`-----BEGIN ([A-Z]+ )*${what}-----`).test(value))
      throw new Error(`the value has no ${what.toLowerCase()} in PEM`);
    return value;
  });
}

/** Joins the schema in config.ts. */
export const clusterSchema = {
  CLUSTER_URL: natsUrl,
  CLUSTER_CREDENTIALS: values.secretText(1),
  CLUSTER_SYSTEM_CREDENTIALS: values.secretText(1),
  CLUSTER_TLS_CA: pem("CERTIFICATE"),
  CLUSTER_TLS_CERTIFICATE: pem("CERTIFICATE"),
  CLUSTER_TLS_KEY: pem("PRIVATE KEY"),
  CLUSTER_NAME: clusterName,
  CLUSTER_NODE: nodeName,
  CLUSTER_ADVERTISE: values.originUrl,
  CLUSTER_COPIES: values.wholeNumber(1, MOST_COPIES),
  CLUSTER_LOG_MAX_BYTES: values.wholeNumber(MIN_LOG_BYTES, MAX_LOG_BYTES),
};

type Given = {
  [Name in keyof typeof clusterSchema]?: (typeof clusterSchema)[Name]["_zod"]["output"] | undefined;
};

/** Returns null on one machine. `own`: this machine's name, and the gateway's port. */
export function clusterOf(
  given: Given,
  own: Readonly<{ hostName: string; port: number }>,
): ClusterConfig | null {
  const { CLUSTER_URL: url, CLUSTER_SYSTEM_CREDENTIALS: systemCredentials } = given;
  if (url === undefined || systemCredentials === undefined) return null;
  const node = given.CLUSTER_NODE ?? own.hostName;
  return Object.freeze({
    node,
    advertise: given.CLUSTER_ADVERTISE ?? `http://${own.hostName}:${own.port}`,
    copies: given.CLUSTER_COPIES ?? COPIES,
    nats: Object.freeze({
      url,
      credentials: given.CLUSTER_CREDENTIALS ?? null,
      systemCredentials,
      tls: Object.freeze({
        authority: given.CLUSTER_TLS_CA ?? null,
        certificate: given.CLUSTER_TLS_CERTIFICATE ?? null,
        key: given.CLUSTER_TLS_KEY ?? null,
      }),
      node,
      cluster: given.CLUSTER_NAME ?? null,
      shards: 1,
      maxBytes: given.CLUSTER_LOG_MAX_BYTES ?? LOG_BYTES,
    }),
  });
}
