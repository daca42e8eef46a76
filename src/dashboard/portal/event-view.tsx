/** An event in a portal: its body, and the attempts to deliver it to the portal's targets. */
import { Html } from "@elysiajs/html";
import type { Delivery, StoredEvent } from "../../storage/event-db/types.ts";
import type { Target } from "../../webhooks/targets.ts";
import { StateBadge } from "../components/badge.tsx";
import { ActionButton } from "../components/button.tsx";
import { Card, DataTable, EmptyState, PageHeader } from "../components/card.tsx";
import { Time } from "../components/values.tsx";
import { type PortalFrame, PortalLayout } from "./layout.tsx";
import { portalEventPath } from "./paths.ts";

export function PortalEventPage(props: {
  frame: PortalFrame;
  event: StoredEvent;
  /** Null if the body is no text. */
  text: string | null;
  deliveries: readonly Readonly<{ delivery: Delivery; target: Target }>[];
}): JSX.Element {
  const { frame, event, text, deliveries } = props;
  const path = portalEventPath(frame.linkId, event.id);
  const title = event.type ?? "Event";
  return (
    <PortalLayout title={title} frame={frame}>
      <PageHeader title={title} lead={`Event ${event.id}`} />
      <div class="stack">
        {deliveries.length === 0 && <EmptyState title="It was sent to none of these targets" />}
        {deliveries.map(({ delivery, target }) => (
          <Card
            flush
            title={target.name}
            actions={
              <ActionButton
                size="small"
                action={`${path}/replay`}
                fields={{ target_id: target.id }}
                label="Replay"
                describe={`Replay to ${target.name}`}
              />
            }
          >
            <p class="card-bar">
              <StateBadge state={delivery.status} />
            </p>
            <Attempts delivery={delivery} name={target.name} />
          </Card>
        ))}
        <Card title="Body">
          {text === null ? (
            <p class="muted">The body is no text, or too long to be shown.</p>
          ) : (
            <pre class="body-text" tabindex="0">
              <code safe>{text}</code>
            </pre>
          )}
          <p class="muted">
            Received <Time at={event.receivedAt} />.
          </p>
        </Card>
      </div>
    </PortalLayout>
  );
}

/** Without the responses' bodies: targets may lie in networks that customers must not read. */
function Attempts({ delivery, name }: { delivery: Delivery; name: string }): JSX.Element {
  if (delivery.results.length === 0) return <p class="card-bar muted">No attempt yet.</p>;
  return (
    <DataTable caption={`Attempts to ${name}`} stack columns={["Attempt", "Time", "Result", "Duration"]}>
      {delivery.results.map(({ attempt, startedAt, statusCode, error, durationMs }) => (
        <tr>
          <td>{attempt}</td>
          <td data-label="Time">
            <Time at={startedAt} />
          </td>
          <td data-label="Result" safe>
            {error ?? (statusCode === null ? "delivered" : String(statusCode))}
          </td>
          <td data-label="Duration">{Math.round(durationMs)} ms</td>
        </tr>
      ))}
    </DataTable>
  );
}
