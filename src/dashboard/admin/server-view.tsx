/** The server page: version, storage and configuration. */
import { Html } from "@elysiajs/html";
import type { ClusterStatus } from "../../http/cluster/cluster-status.ts";
import type { LastBackup } from "../../storage/backup/last-backup.ts";
import type { LastCheck } from "../../storage/reader/storage-checks.ts";
import { Card, PageHeader } from "../components/card.tsx";
import type { Flash, Viewer } from "../viewer.ts";
import { AdminLayout } from "./admin-layout.tsx";
import { BackupCard } from "./backup-card.tsx";
import { CheckCard } from "./check-card.tsx";
import { ClusterCard } from "./cluster-card.tsx";
import type { ConfigurationLine } from "./configuration.ts";
import { ConfigurationCard } from "./configuration-card.tsx";
import { MailCard, type MailCardProps } from "./mail-card.tsx";
import { Tiles, type TilesProps } from "./server-tiles.tsx";

type Props = TilesProps &
  Readonly<{
    viewer: Viewer;
    flash: Flash | null;
    version: string;
    /** Null for a gateway that is alone. */
    cluster: ClusterStatus | null;
    checkRunningSince: number | null;
    lastCheck: LastCheck | null;
    lastBackup: LastBackup | null;
    mail: MailCardProps;
    configuration: readonly ConfigurationLine[];
  }>;

export function serverView(props: Props): JSX.Element {
  const { mainDb, eventFiles } = props.files;
  return (
    <AdminLayout title="Server" viewer={props.viewer} flash={props.flash} current="/admin/server">
      <PageHeader title="Server" lead={`webhooker ${props.version}`} manual="configuration" />
      <div class="stack">
        <Tiles {...props} />
        {props.cluster !== null && <ClusterCard status={props.cluster} />}
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
        <BackupCard last={props.lastBackup} />
        <MailCard {...props.mail} />
        <ConfigurationCard configuration={props.configuration} />
      </div>
    </AdminLayout>
  );
}
