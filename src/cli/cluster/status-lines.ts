/** Formats what a node knows of the cluster for the terminal. */
import {
  type ClusterStatus,
  findClusterFaults,
  type NodeStatus,
  roleOf,
} from "../../http/cluster/cluster-status.ts";
import { table } from "../table.ts";

const HEADING = ["NODE", "ROLE", "FILES", "APPLIED", "LAG", "SYNCED", "HEARD", "VERSION", "URL"];
const MIB = 1024 ** 2;

export function statusLines(status: ClusterStatus): readonly string[] {
  const { leader, nodes, copies, log } = status;
  return [
    leader === null ? "Leader: none" : `Leader: ${leader.node}, epoch ${leader.epoch}`,
    log === null
      ? "Log: its servers do not answer"
      : `Log: entries ${log.first} to ${log.last}, ${mib(log.bytes)} of at most ${mib(log.max_bytes)}`,
    `Event files: at ${copies.heard} of ${copies.wanted} nodes`,
    "",
    ...table(HEADING, nodes.map(row)),
    ...findClusterFaults(status).flatMap((fault, index) => (index === 0 ? ["", fault] : [fault])),
  ];
}

function row(node: NodeStatus): readonly string[] {
  return [
    node.node,
    roleOf(node),
    node.files,
    String(node.applied),
    String(node.lag),
    String(node.synced),
    `${(node.heard_ms_ago / 1_000).toFixed(1)} s ago`,
    node.version,
    node.url,
  ];
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
