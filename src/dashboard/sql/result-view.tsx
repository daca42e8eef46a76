/** A result of SQL as a table, with the way to replay its events. */
import { Html } from "@elysiajs/html";
import { Button } from "../components/button.tsx";
import { Card, DataTable } from "../components/card.tsx";
import { Notice } from "../components/flash-line.tsx";
import { formatCount } from "../components/format.ts";
import { eventPath } from "../events/paths.ts";
import { isPermitted } from "../permitted.ts";
import { attribute } from "../render.ts";
import { newReplayPath } from "../replays/paths.ts";
import type { Cell, ShownResult } from "./result.ts";

/** Longer values are cut; downloads have them whole. */
const MOST_CHARACTERS = 300;

type Props = Readonly<{ webhookId: string; result: ShownResult }>;

export function ResultCard({ webhookId, result }: Props): JSX.Element {
  const { columns, rows, count, truncated, ms, eventColumn } = result;
  const cut = rows.length < count || truncated !== null;
  return (
    <div id="result" class="stack">
      {cut && (
        <Notice tone="warn" text={cutText(result)} hint="Download it for up to 10,000 rows and 4 MiB." />
      )}
      <Card
        title={`${formatCount(count, "row")}${truncated === null ? "" : " and more"}`}
        lead={`${ms} ms`}
        flush
        actions={<ReplayThese webhookId={webhookId} result={result} />}
      >
        {count > 0 && (
          <DataTable caption="Result" columns={columns}>
            {rows.map((row) => (
              <tr>
                {row.map((cell, index) => (
                  <td class="sql-cell">
                    {index === eventColumn && typeof cell === "string" ? (
                      <a class="mono" href={attribute(eventPath(webhookId, cell))} safe>
                        {cell}
                      </a>
                    ) : (
                      <Value cell={cell} />
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </DataTable>
        )}
      </Card>
    </div>
  );
}

function cutText({ rows, truncated }: ShownResult): string {
  const shown = `The page shows the first ${formatCount(rows.length, "row")}.`;
  return truncated === "size" ? `${shown} More would be larger than 4 MiB.` : shown;
}

function Value({ cell }: { cell: Cell }): JSX.Element {
  if (cell === null) return <span class="muted">NULL</span>;
  const whole = typeof cell === "object" ? `base64:${cell.base64}` : String(cell);
  const text = whole.length > MOST_CHARACTERS ? `${whole.slice(0, MOST_CHARACTERS)}…` : whole;
  return <code safe>{text}</code>;
}

/** Leads to the page that prepares a replay, with the result's events selected. */
function ReplayThese({ webhookId, result }: Props): JSX.Element {
  const { eventIds, eventCount } = result;
  if (eventIds.length === 0 || !isPermitted("GET", newReplayPath(webhookId))) return "";
  const label =
    eventIds.length < eventCount ? `Replay the first ${eventIds.length}…` : `Replay these ${eventCount}…`;
  return (
    <form method="get" action={newReplayPath(webhookId)}>
      {eventIds.map((id) => (
        <input type="hidden" name="event" value={attribute(id)} />
      ))}
      <Button icon="replay" size="small" label={label} name="chosen" value="1" />
    </form>
  );
}
