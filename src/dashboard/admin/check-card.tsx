/** Shows the result of the last check of all databases, and a button to start another. */
import { Html } from "@elysiajs/html";
import type { LastCheck } from "../../storage/reader/storage-checks.ts";
import { Badge } from "../components/badge.tsx";
import { ActionButton } from "../components/button.tsx";
import { Card, DataTable } from "../components/card.tsx";
import { formatCount, formatDuration } from "../components/format.ts";
import { ManualLink } from "../components/manual-link.tsx";
import { Time } from "../components/values.tsx";

type Props = Readonly<{ runningSince: number | null; last: LastCheck | null }>;

const LEAD =
  "Checks every database's structure and compares each target's ledger with its deliveries. Runs automatically every week.";

export function CheckCard({ runningSince, last }: Props): JSX.Element {
  const again = <ActionButton size="small" label="Check now" action="/admin/server/check" />;
  return (
    <Card title="Database check" lead={LEAD} {...(runningSince === null && { actions: again })}>
      {runningSince !== null && (
        <p>
          A check is running. It started <Time at={runningSince} relative />.
        </p>
      )}
      {last === null ? <p class="muted">Not run since startup.</p> : <Found last={last} />}
      <ManualLink to="ledger#check-the-counts" />
    </Card>
  );
}

function Found({ last }: { last: LastCheck }): JSX.Element {
  const { report, error, startedAt, durationMs } = last;
  const faults = report?.faults ?? [];
  const isSound = error === null && faults.length === 0;
  const label = isSound ? "no faults" : error === null ? formatCount(faults.length, "fault") : "failed";
  return (
    <>
      <p>
        <Badge tone={isSound ? "ok" : "bad"} label={label} />{" "}
        {report !== null && (
          <span safe>{`The main database and ${formatCount(report.eventFiles, "event file")},`}</span>
        )}{" "}
        checked <Time at={startedAt} relative />{" "}
        <span class="muted" safe>{`in ${formatDuration(durationMs)}`}</span>
      </p>
      {error !== null && <p safe>{error}</p>}
      {faults.length !== 0 && (
        <DataTable caption="Faults" stack columns={["Database", "Fault"]}>
          {faults.map(({ database, fault }) => (
            <tr>
              <td>
                <code safe>{database}</code>
              </td>
              <td safe>{fault}</td>
            </tr>
          ))}
        </DataTable>
      )}
    </>
  );
}
