/** Finds variables that are missing in a cluster, or cannot be used in one, and those of a cluster without one. */
import { isNodeName } from "./config-cluster.ts";

type Raw = Readonly<Record<string, string>>;
type Fault = Readonly<{ variable: string; fault: string; hint: string }>;

const TLS = ["CLUSTER_TLS_CA", "CLUSTER_TLS_CERTIFICATE", "CLUSTER_TLS_KEY"] as const;
/** 60 MiB. */
const MOST_BODY_BYTES = 62_914_560;
const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/i;

/** `isFaulty`: a variable that is set but faulty has its own fault already. */
export function clusterFaults(
  raw: Raw,
  { isFaulty, hostName }: Readonly<{ isFaulty: (name: string) => boolean; hostName: string }>,
): readonly Fault[] {
  const isMissing = (name: string) => raw[name] === undefined && !isFaulty(name) && !isFaulty(`${name}_FILE`);
  if (raw.CLUSTER_URL === undefined) {
    const other = Object.keys(raw).find((name) => name.startsWith("CLUSTER_"));
    if (other === undefined) return [];
    const hint = "Set nats://a,b,c with the NATS servers, or leave the CLUSTER_ variables out.";
    return [{ variable: "CLUSTER_URL", fault: `is missing while ${other} is set`, hint }];
  }
  return [
    ...missing(isMissing),
    ...checkpointFaults(raw),
    ...bodyFaults(raw),
    ...tlsFaults(raw, isMissing),
    ...placeFaults(raw, hostName),
  ];
}

function missing(isMissing: (name: string) => boolean): readonly Fault[] {
  const needed = {
    SECRET_KEY:
      "Set the same key at every node. A gateway that has run without it has it in webhooker.key, beside the main database.",
    CLUSTER_SYSTEM_CREDENTIALS:
      "Set a user of the NATS servers' system account, such as the seed in system.nk of `webhooker cluster init`.",
  };
  return Object.entries(needed)
    .filter(([variable]) => isMissing(variable))
    .map(([variable, hint]) => ({ variable, fault: "is missing while CLUSTER_URL is set", hint }));
}

function checkpointFaults({ CHECKPOINTS: value }: Raw): readonly Fault[] {
  if (value !== "replicator") return [];
  const hint = "Leave CHECKPOINTS out and stop the replicator: every node has copies of all databases.";
  return [{ variable: "CHECKPOINTS", fault: "is replicator while CLUSTER_URL is set", hint }];
}

function bodyFaults({ MAX_BODY_BYTES: value }: Raw): readonly Fault[] {
  if (value === undefined || !(Number(value) > MOST_BODY_BYTES)) return [];
  const fault = `is more than ${MOST_BODY_BYTES} while CLUSTER_URL is set`;
  const hint = `Set ${MOST_BODY_BYTES} or less: the log takes an event of at most 64 MiB, with its headers.`;
  return [{ variable: "MAX_BODY_BYTES", fault, hint }];
}

function tlsFaults(raw: Raw, isMissing: (name: string) => boolean): readonly Fault[] {
  const given = TLS.filter((name) => raw[name] !== undefined);
  if (raw.CLUSTER_URL?.startsWith("nats://")) {
    const fault = "is set while CLUSTER_URL begins with nats://";
    const hint = "Set CLUSTER_URL to tls://a,b,c, or leave the CLUSTER_TLS_ variables out.";
    return given.map((variable) => ({ variable, fault, hint }));
  }
  const pair = TLS.slice(1);
  const [there] = pair.filter((name) => raw[name] !== undefined);
  if (there === undefined) return [];
  const hint = "Set CLUSTER_TLS_CERTIFICATE and CLUSTER_TLS_KEY together, or neither.";
  return pair
    .filter(isMissing)
    .map((variable) => ({ variable, fault: `is missing while ${there} is set`, hint }));
}

/** Defaults of name and URL that no other node could use. */
function placeFaults(raw: Raw, hostName: string): readonly Fault[] {
  const faults: Fault[] = [];
  const add = (variable: string, fault: string, hint: string) => faults.push({ variable, fault, hint });
  const { CLUSTER_NODE, CLUSTER_ADVERTISE, PORT } = raw;
  const fault = "is missing while the host name cannot stand in for it";
  if (CLUSTER_NODE === undefined && !isNodeName(hostName))
    add("CLUSTER_NODE", fault, "Set a name that no other node has.");
  if (CLUSTER_ADVERTISE !== undefined) return faults;
  const hint = "Set the URL under which the other nodes reach this one, such as http://10.0.0.1:8080.";
  const host = raw.HOST ?? (raw.WEBHOOKER_ENVIRONMENT === "prod" ? "0.0.0.0" : "127.0.0.1");
  if (LOOPBACK.test(host))
    add("CLUSTER_ADVERTISE", `is missing while HOST is ${host}`, `${hint} Set HOST to 0.0.0.0 for it.`);
  else if (PORT !== undefined && Number(PORT) === 0)
    add("CLUSTER_ADVERTISE", "is missing while PORT is 0", hint);
  else if (!isNodeName(hostName)) add("CLUSTER_ADVERTISE", fault, hint);
  return faults;
}
