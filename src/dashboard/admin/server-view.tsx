/** The server page: version, storage and configuration. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { StorageFiles } from "../../storage/folder/storage-files.ts";
import type { LastCheck } from "../../storage/reader/storage-checks.ts";
import { Badge } from "../components/badge.tsx";
import { Card, DataTable, PageHeader } from "../components/card.tsx";
import { formatBytes, formatCount, formatDuration } from "../components/format.ts";
import { Time } from "../components/values.tsx";
import type { Flash, Viewer } from "../viewer.ts";
import { AdminLayout } from "./admin-layout.tsx";
import { CheckCard } from "./check-card.tsx";
import type { ConfigurationLine } from "./configuration.ts";

type Props = Readonly<{
  viewer: Viewer;
  flash: Flash | null;
  version: string;
  startedAt: number;
  uptimeMs: number;
  files: StorageFiles;
  openFiles: number;
  maxOpenFiles: number;
  checkRunningSince: number | null;
  lastCheck: LastCheck | null;
  configuration: readonly ConfigurationLine[];
}>;

export function serverView(props: Props): JSX.Element {
  const { mainDb, eventFiles } = props.files;
  return (
    <AdminLayout title="Server" viewer={props.viewer} flash={props.flash} current="/admin/server">
      <PageHeader title="Server" lead={`webhooker ${props.version}`} manual="configuration" />
      <div class="stack">
        <dl class="tile-row">
          <Tile label="Uptime" value={formatDuration(props.uptimeMs)}>
            since <Time at={props.startedAt} />
          </Tile>
          <Tile label="Main database" value={formatBytes(mainDb.bytes)}>
            users, webhooks, entrypoints, targets
          </Tile>
          <Tile label="Event files" value={formatBytes(eventFiles.bytes)}>
            in {Html.escapeHtml(formatCount(eventFiles.count, "file"))}
          </Tile>
          <Tile label="Open event files" value={String(props.openFiles)}>
            of at most {props.maxOpenFiles}
          </Tile>
        </dl>
        <Card title="Data location" lead="Back up both, and the key file beside the main database.">
          <dl class="facts">
            <dt>Main database</dt>
            <dd>
              <code safe>{mainDb.path}</code>
            </dd>
            <dt>Event files</dt>
            <dd>
              <code safe>{eventFiles.folder}</code>
            </dd>
          </dl>
        </Card>
        <CheckCard runningSince={props.checkRunningSince} last={props.lastCheck} />
        <Card flush title="Configuration" lead="Read from the environment at startup. Secrets are not shown.">
          <DataTable caption="Configuration" stack columns={["Variable", "Value", "Meaning"]}>
            {props.configuration.map(({ name, value, meaning, isSecret }) => (
              <tr>
                <td>
                  <code class="nowrap" safe>
                    {name}
                  </code>
                </td>
                <td class="config-value">
                  {isSecret ? <Badge tone="idle" label={value} /> : Html.escapeHtml(value)}
                </td>
                <td class="muted" safe>
                  {meaning}
                </td>
              </tr>
            ))}
          </DataTable>
        </Card>
      </div>
    </AdminLayout>
  );
}

function Tile({ label, value, children }: PropsWithChildren<{ label: string; value: string }>): JSX.Element {
  return (
    <div class="tile">
      <dt safe>{label}</dt>
      <dd>
        <div safe>{value}</div>
        <div class="muted">{children}</div>
      </dd>
    </div>
  );
}
