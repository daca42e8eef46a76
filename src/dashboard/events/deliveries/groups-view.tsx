/** Many deliveries of an event: folded by their states, with counts, one line each. */
import { Html } from "@elysiajs/html";
import { StateBadge } from "../../components/badge.tsx";
import { formatCount } from "../../components/format.ts";
import { ListFilter } from "../../components/list-filter.tsx";
import { Time } from "../../components/values.tsx";
import { attribute } from "../../render.ts";
import { NameOf } from "../event-row.tsx";
import { deliveryPath, eventPath } from "../paths.ts";
import type { DeliveryGroup, DeliveryGroups } from "./delivery-groups.ts";

/** Name of the parameter that searches for a target. */
export const SEARCH_FIELD = "delivery_q";

type Of = Readonly<{
  webhookId: string;
  eventId: string;
  /** Filter of the log that led here. */
  query: string;
}>;

/** Groups in trouble are open, and all of them while a target is searched for. */
const OPEN: ReadonlySet<string> = new Set(["failed", "retrying"]);

export function DeliveryGroupsView({ groups, total, search, of }: DeliveryGroups & { of: Of }): JSX.Element {
  return (
    <div class="delivery-groups">
      <ListFilter
        action={`${eventPath(of.webhookId, of.eventId)}#deliveries`}
        label="Find a delivery by its target's name"
        search={{ name: SEARCH_FIELD, value: search }}
        fields={[...new URLSearchParams(of.query)]}
      />
      {groups.length === 0 && (
        <p class="muted" safe>{`None of ${total} deliveries is to a target of that name.`}</p>
      )}
      {groups.map((group) => (
        <Group group={group} isOpen={search !== "" || OPEN.has(group.state)} of={of} />
      ))}
    </div>
  );
}

function Group({ group, isOpen, of }: { group: DeliveryGroup; isOpen: boolean; of: Of }): JSX.Element {
  const { state, count, rows } = group;
  return (
    <details class="delivery-group" open={isOpen}>
      <summary>
        <StateBadge state={state} />{" "}
        <span class="muted" safe>
          {formatCount(count, "delivery", "deliveries")}
        </span>
      </summary>
      <ul class="lines">
        {rows.map(({ head, target }) => (
          <li class="line delivery-line">
            <a href={attribute(deliveryPath({ ...of, targetId: head.targetId }))}>
              <NameOf named={target} />
            </a>
            <span class="muted text-s line-text" safe>
              {head.last?.error ?? head.reason ?? (head.last?.statusCode?.toString() || "")}
            </span>
            <span class="muted text-s">
              {head.last === null ? "no attempt" : <Time at={head.last.startedAt} relative />}
            </span>
          </li>
        ))}
      </ul>
      {count > rows.length && (
        <p class="muted text-s" safe>{`${count - rows.length} more: find them by their target's name.`}</p>
      )}
    </details>
  );
}
