/** Finds the pull target that `listen` works for, or makes it. */
import { hostname } from "node:os";
import { PULL_TYPE } from "../../../targets/pull/pull-target.ts";
import { printable } from "../../printable.ts";
import { findTarget, listTargets } from "../find-objects.ts";
import type { GatewayClient } from "../gateway-client.ts";
import { RemoteError } from "../remote-error.ts";
import { type RemoteTarget, targetShape } from "../shapes.ts";

export type ListenTarget = Readonly<{
  target: RemoteTarget;
  /** It was made, or enabled. */
  isNew: boolean;
  /** Says for people what was done; null: nothing. */
  note: string | null;
}>;

type Wanted = Readonly<{
  webhookId: string;
  /** An existing target, by id or name. */
  target: string | undefined;
  /** Undefined: after this machine. */
  name: string | undefined;
  eventTypes: readonly string[] | undefined;
  filter: unknown;
}>;

/** Rejects with RemoteError: not_found, conflict for a target of another type, or what the API refuses. */
export async function prepareTarget(client: GatewayClient, wanted: Wanted): Promise<ListenTarget> {
  const { webhookId } = wanted;
  const name = wanted.name ?? `listen on ${hostname()}`;
  const found =
    wanted.target === undefined
      ? (await listTargets(client, webhookId)).find((each) => each.name === name && each.type === PULL_TYPE)
      : await findTarget(client, { webhookId, wanted: wanted.target });
  if (found !== undefined && found.type !== PULL_TYPE) throw notPulled(found);
  const settings = settingsOf(wanted);
  if (found === undefined) {
    const body = { name, type: PULL_TYPE, ...settings };
    const path = `/webhooks/${webhookId}/targets`;
    const target = await client.ask({ method: "POST", path, body, schema: targetShape });
    return { target, isNew: true, note: `Created the pull target "${name}". It gets events from now on.` };
  }
  const kept = keptChoice(found, wanted);
  if (found.active && Object.keys(settings).length === 0) return { target: found, isNew: false, note: kept };
  const path = `/webhooks/${webhookId}/targets/${found.id}`;
  const body = { active: true, ...settings };
  const target = await client.ask({ method: "PATCH", path, body, schema: targetShape });
  const note = found.active ? "changed" : "enabled";
  const done = `The pull target "${printable(found.name)}" is ${note}.`;
  return { target, isNew: !found.active, note: kept === null ? done : `${done} ${kept}` };
}

/** Says what an earlier run, or the dashboard, keeps from the target: events would be missed without a reason. */
function keptChoice({ event_types, filter }: RemoteTarget, wanted: Wanted): string | null {
  const types = wanted.eventTypes === undefined && event_types.length > 0 && !event_types.includes("*");
  const filtered = wanted.filter === undefined && filter !== null && JSON.stringify(filter) !== "{}";
  if (!types && !filtered) return null;
  const ofTypes = types ? ` of the types ${event_types.map(printable).join(", ")}` : "";
  const passing = filtered ? " that pass its filter" : "";
  const ways = [...(types ? ["--types '*'"] : []), ...(filtered ? ["--filter '{}'"] : [])];
  return `As set before, it gets only events${ofTypes}${passing}. For all events, add ${ways.join(" and ")}.`;
}

function settingsOf({ eventTypes, filter }: Wanted): Record<string, unknown> {
  return {
    ...(eventTypes !== undefined && { event_types: eventTypes }),
    ...(filter !== undefined && { filter }),
  };
}

function notPulled({ name, type }: RemoteTarget): RemoteError {
  return new RemoteError({
    kind: "conflict",
    message: `The target ${name} is of the type ${type}: its deliveries are sent, not pulled.`,
    hint: "Name a pull target, or leave --target out to create one.",
  });
}
