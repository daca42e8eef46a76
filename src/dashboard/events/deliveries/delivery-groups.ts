/** Groups the deliveries of an event by their states, where they are too many to show each with its attempts. */
import type { DeliveryHead } from "../../../storage/event-db/event-log.ts";
import { hasText, SHORT_LIST } from "../../webhooks/chosen-rows.ts";
import { STATES_IN_ORDER } from "../event-row.tsx";
import type { Named, Names } from "../names.ts";

/** Rows of one group; the others are found by the target's name. */
const MOST_ROWS = 60;

export type DeliveryGroup = Readonly<{
  state: DeliveryHead["state"];
  count: number;
  rows: readonly Readonly<{ head: DeliveryHead; target: Named }>[];
}>;

export type DeliveryGroups = Readonly<{
  groups: readonly DeliveryGroup[];
  total: number;
  /** Part of a target's name; "" for all. */
  search: string;
}>;

export function areMany(heads: readonly DeliveryHead[]): boolean {
  return heads.length > SHORT_LIST;
}

/** States in trouble first. */
export function groupDeliveries(
  heads: readonly DeliveryHead[],
  { names, search }: { names: Pick<Names, "target">; search: string },
): DeliveryGroups {
  const rows = heads
    .map((head) => ({ head, target: names.target(head.targetId) }))
    .filter(({ target }) => hasText(target.name, search));
  const groups = STATES_IN_ORDER.flatMap((state) => {
    const found = rows.filter(({ head }) => head.state === state);
    return found.length === 0 ? [] : { state, count: found.length, rows: found.slice(0, MOST_ROWS) };
  });
  return { groups, total: heads.length, search };
}
