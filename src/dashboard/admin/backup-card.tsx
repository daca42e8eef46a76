/** Shows when `webhooker backup` last ran. */
import { Html } from "@elysiajs/html";
import type { LastBackup } from "../../storage/backup/last-backup.ts";
import { Badge } from "../components/badge.tsx";
import { Card } from "../components/card.tsx";
import { formatBytes, formatCount } from "../components/format.ts";
import { ManualLink } from "../components/manual-link.tsx";
import { Time } from "../components/values.tsx";

export function BackupCard({ last }: { last: LastBackup | null }): JSX.Element {
  return (
    <Card
      title="Backup"
      lead="Made by the command webhooker backup. Copies by other tools are not known here."
    >
      {last === null ? <p class="muted">No backup yet.</p> : <Made last={last} />}
      <ManualLink to="backup" />
    </Card>
  );
}

function Made({ last }: { last: LastBackup }): JSX.Element {
  const { at, eventFiles, bytes, faults } = last;
  return (
    <p>
      <Badge
        tone={faults === 0 ? "ok" : "bad"}
        label={faults === 0 ? "complete" : `${formatCount(faults, "file")} missing`}
      />{" "}
      <span
        safe
      >{`The main database and ${formatCount(eventFiles, "event file")}, ${formatBytes(bytes)},`}</span>{" "}
      backed up <Time at={at} relative />
    </p>
  );
}
