/** Shows what this node knows of its cluster: who leads, how far each node is, and how full the log is. */
import { Html } from "@elysiajs/html";
import {
  type ClusterStatus,
  findClusterFaults,
  type NodeStatus,
  roleOf,
} from "../../http/cluster/cluster-status.ts";
import { Badge } from "../components/badge.tsx";
import { Card, DataTable } from "../components/card.tsx";
import { formatBytes, formatDuration } from "../components/format.ts";
import { ManualLink } from "../components/manual-link.tsx";

const TONES = {
  leads: "ok",
  follows: "idle",
  spare: "idle",
  copies: "warn",
  drained: "warn",
  outdated: "bad",
  silent: "bad",
} as const;
const COLUMNS = ["Node", "Role", "Event files", "Applied", "Lag", "Synced", "Heard", "Version"];

export function ClusterCard({ status }: { status: ClusterStatus }): JSX.Element {
  const { node, leader, nodes, copies, log } = status;
  const faults = findClusterFaults(status);
  return (
    <Card title="Cluster" lead="As the leader sees it. Positions are those of the cluster's log.">
      {faults.map((fault) => (
        <p>
          <Badge tone="bad" label="fault" /> <span safe>{fault}</span>
        </p>
      ))}
      <dl class="facts">
        <dt>Leader</dt>
        <dd safe>{leader === null ? "none" : `${leader.node}, epoch ${leader.epoch}`}</dd>
        <dt>This page</dt>
        <dd safe>{`from ${node}`}</dd>
        <dt>Event files</dt>
        <dd safe>{`at ${copies.heard} of ${copies.wanted} nodes`}</dd>
        <dt>Log</dt>
        <dd safe>{logText(log)}</dd>
      </dl>
      <DataTable caption="Nodes" stack columns={COLUMNS}>
        {nodes.map((each) => (
          <Row node={each} />
        ))}
      </DataTable>
      <ManualLink to="cluster" />
    </Card>
  );
}

function Row({ node: each }: { node: NodeStatus }): JSX.Element {
  const { node, url, version, heard_ms_ago: heardMsAgo, files, applied, synced, lag } = each;
  const role = roleOf(each);
  return (
    <tr>
      <td>
        <span safe>{node}</span>{" "}
        <code class="muted" safe>
          {url}
        </code>
      </td>
      <td>
        <Badge tone={TONES[role]} label={role} />
      </td>
      <td>{files}</td>
      <td safe>{applied.toLocaleString("en")}</td>
      <td safe>{lag.toLocaleString("en")}</td>
      <td safe>{synced.toLocaleString("en")}</td>
      <td safe>{`${formatDuration(heardMsAgo)} ago`}</td>
      <td safe>{version}</td>
    </tr>
  );
}

function logText(log: ClusterStatus["log"]): string {
  if (log === null) return "its servers do not answer";
  const { first, last, bytes, max_bytes: maxBytes } = log;
  const range = `entries ${first.toLocaleString("en")} to ${last.toLocaleString("en")}`;
  return `${range}, ${formatBytes(bytes)} of at most ${formatBytes(maxBytes)}`;
}
