/** The copies of an event that came later, on its page. */
import { Html } from "@elysiajs/html";
import type { Duplicates } from "../../storage/event-db/duplicates.ts";
import { Badge } from "../components/badge.tsx";
import { Card } from "../components/card.tsx";
import { formatCount } from "../components/format.ts";
import { Bytes, Time } from "../components/values.tsx";

/** Nothing, where there are none. */
export function DuplicatesCard({ duplicates }: { duplicates: Duplicates }): JSX.Element {
  const { count, differing, last } = duplicates;
  if (count === 0) return "";
  const more = last.length < count ? ` The last ${last.length}:` : "";
  return (
    <Card title="Duplicates">
      <p
        safe
      >{`${formatCount(count, "copy", "copies")} that came later, answered with this event's id.${more}`}</p>
      {differing === 0 ? (
        ""
      ) : (
        <p>
          <Badge tone="warn" label={`${differing} with another body`} />
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
            {bodyDiffers ? <Badge tone="warn" label="another body" /> : ""}
          </li>
        ))}
      </ul>
    </Card>
  );
}
