/** Prints the changes of a plan for people. */
import { formatCount } from "../../../dashboard/components/format.ts";
import { printable } from "../../printable.ts";
import type { RemoteChange, RemotePlan } from "./plan-shapes.ts";

const SIGNS: Readonly<Record<string, string>> = { create: "+", update: "~", delete: "-" };
/** Adopting an object changes these, which its line says. */
const OF_ADOPTION = new Set(["key", "managed_by"]);
const MOST_KEPT = 10;
/** A user has no more than one of each. */
const SINGLE = new Set(["portal_settings", "event_type_settings"]);

export function planLines(plan: RemotePlan, file: string): readonly string[] {
  return [...plan.changes.flatMap(changeLines), ...keptLines(plan, file), summary(plan)].map(printable);
}

function changeLines(change: RemoteChange): readonly string[] {
  const { action, adopts } = change;
  const adopted = adopts ? ", from now on managed by this file" : "";
  const fields = change.fields.filter(({ field }) => !adopts || !OF_ADOPTION.has(field));
  return [
    `${SIGNS[action] ?? "?"} ${labelOf(change)}${adopted}`,
    ...fields.map(
      ({ field, secret, before, after }) =>
        `    ${field}: ${secret ? "changed (not shown)" : `${before ?? "not set"} → ${after ?? "not set"}`}`,
    ),
  ];
}

/** "target orders/billing", with the name if the place does not say it. */
function labelOf(object: Pick<RemoteChange, "kind" | "path" | "name">, isNamed = false): string {
  const { kind, path, name } = object;
  if (SINGLE.has(kind)) return kind;
  const place = placeOf(path);
  const isShown = isNamed || kind === "member" || name !== place.split("/").at(-1);
  return [kind, place, isShown ? `“${name}”` : ""].filter((part) => part !== "").join(" ");
}

/** "webhooks.orders.targets.billing" is "orders/billing"; what is in no webhook has no place but its name. */
function placeOf(path: string): string {
  const [list, webhook = "", , ...part] = path.split(".");
  if (list !== "webhooks") return "";
  return part.length === 0 || path.includes(".members") ? webhook : `${webhook}/${part.join(".")}`;
}

function keptLines({ kept }: RemotePlan, file: string): readonly string[] {
  if (kept.total === 0) return [];
  const shown = kept.objects.slice(0, MOST_KEPT);
  const more = kept.total - shown.length;
  return [
    `${formatCount(kept.total, "object")} that ${file} does not name ${kept.total === 1 ? "stays" : "stay"}:`,
    ...shown.map((object) => {
      const why = object.managed ? "from a file; --prune deletes it" : "made by people";
      return `    ${labelOf(object, true)} (${why})`;
    }),
    ...(more > 0 ? [`    and ${more} more`] : []),
  ];
}

function summary({ changes }: RemotePlan): string {
  if (changes.length === 0) return "Nothing to change.";
  const count = (action: string) => changes.filter((change) => change.action === action).length;
  return `${count("create")} to create, ${count("update")} to change, ${count("delete")} to delete.`;
}
