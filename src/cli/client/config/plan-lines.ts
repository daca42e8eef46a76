/** Prints the changes of a plan for people. */
import { formatCount } from "../../../dashboard/components/format.ts";
import { printable } from "../event-lines.ts";
import type { RemoteChange, RemotePlan } from "./plan-shapes.ts";

const SIGNS: Readonly<Record<string, string>> = { create: "+", update: "~", delete: "-" };
/** Adopting an object changes these, which its line says. */
const OF_ADOPTION = new Set(["key", "managed_by"]);
const MOST_KEPT = 10;

export function planLines(plan: RemotePlan, file: string): readonly string[] {
  return [...plan.changes.flatMap(changeLines), ...keptLines(plan, file), summary(plan)].map(printable);
}

function changeLines(change: RemoteChange): readonly string[] {
  const { action, kind, path, name, adopts } = change;
  const place = placeOf(path);
  const shown = kind === "member" || name !== place.split("/").at(-1) ? ` “${name}”` : "";
  const adopted = adopts ? ", from now on managed by this file" : "";
  const fields = change.fields.filter(({ field }) => !adopts || !OF_ADOPTION.has(field));
  return [
    `${SIGNS[action] ?? "?"} ${kind} ${place}${shown}${adopted}`,
    ...fields.map(
      ({ field, secret, before, after }) =>
        `    ${field}: ${secret ? "changed (not shown)" : `${before ?? "not set"} → ${after ?? "not set"}`}`,
    ),
  ];
}

/** "webhooks.orders.targets.billing" is "orders/billing". */
function placeOf(path: string): string {
  const [, webhook = "", , ...part] = path.split(".");
  return part.length === 0 || path.includes(".members") ? webhook : `${webhook}/${part.join(".")}`;
}

function keptLines({ kept }: RemotePlan, file: string): readonly string[] {
  if (kept.total === 0) return [];
  const shown = kept.objects.slice(0, MOST_KEPT);
  const more = kept.total - shown.length;
  return [
    `${formatCount(kept.total, "object")} that ${file} does not name ${kept.total === 1 ? "stays" : "stay"}:`,
    ...shown.map(({ kind, path, name, managed }) => {
      const why = managed ? "from a file; --prune deletes it" : "made by people";
      return `    ${kind} ${placeOf(path)} “${name}” (${why})`;
    }),
    ...(more > 0 ? [`    and ${more} more`] : []),
  ];
}

function summary({ changes }: RemotePlan): string {
  if (changes.length === 0) return "Nothing to change.";
  const count = (action: string) => changes.filter((change) => change.action === action).length;
  return `${count("create")} to create, ${count("update")} to change, ${count("delete")} to delete.`;
}
