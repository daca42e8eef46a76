/** Shows other requests with an event's key: duplicates received later, and the event that had the key first. */
import { Html } from "@elysiajs/html";
import type { Duplicates } from "../../storage/event-db/duplicates.ts";
import type { SameKey } from "../../storage/event-db/types.ts";
import { Badge } from "../components/badge.tsx";
import { Card } from "../components/card.tsx";
import { formatCount } from "../components/format.ts";
import { Bytes, Time } from "../components/values.tsx";
import { attribute } from "../render.ts";
import { eventPath } from "./paths.ts";

type DuplicatesProps = Readonly<{ webhookId: string; duplicates: Duplicates; query: string }>;

/** Renders nothing if there are none. */
export function DuplicatesCard({ webhookId, duplicates, query }: DuplicatesProps): JSX.Element {
  const { count, sameKeyAs } = duplicates;
  if (count === 0 && sameKeyAs === null) return "";
  return (
    <Card title="Duplicates">
      {sameKeyAs !== null && <SameKeyLine sameKeyAs={sameKeyAs} webhookId={webhookId} query={query} />}
      {count !== 0 && <Copies {...duplicates} />}
    </Card>
  );
}

function SameKeyLine(props: Readonly<{ webhookId: string; sameKeyAs: SameKey; query: string }>): JSX.Element {
  const { webhookId, sameKeyAs, query } = props;
  const { eventId, differsIn } = sameKeyAs;
  const difference = differsIn === "body" ? "different body" : "different method, path or query";
  return (
    <p class="same-key">
      <Badge tone="warn" label="same key" />
      <span safe>{`Same key, ${difference} than`}</span>
      <a class="break" href={attribute(eventPath(webhookId, eventId, query))} safe>
        {`event ${eventId}`}
      </a>
    </p>
  );
}

function Copies({ count, differing, last }: Duplicates): JSX.Element {
  const more = last.length < count ? ` The last ${last.length}:` : "";
  return (
    <>
      <p
        safe
      >{`${formatCount(count, "copy", "copies")} received later. Their senders got this event's id.${more}`}</p>
      {differing !== 0 && (
        <p>
          <Badge tone="warn" label={`${differing} with different requests`} />
        </p>
      )}
      <ul class="duplicates">
        {last.map(({ receivedAt, remoteAddress, bodySize, bodyDiffers }) => (
          <li>
            <Time at={receivedAt} />
            <code safe>{remoteAddress === "" ? "unknown" : remoteAddress}</code>
            <span class="muted">
              <Bytes n={bodySize} />
            </span>
            {bodyDiffers && <Badge tone="warn" label="different request" />}
          </li>
        ))}
      </ul>
    </>
  );
}
