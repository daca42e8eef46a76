/** Lists the settings that found no usable value in a stored event's body, with the reasons. */
import { storedHead, unpackAhead } from "../bodies/body-content.ts";
import { type BodyValues, bodyValuesOf } from "../bodies/body-values.ts";
import { orderPathOf } from "../bodies/order-key.ts";
import { isAutoType } from "../settings/entrypoint-settings.ts";
import { bodyPathOf } from "../settings/value-path.ts";
import type { StoredEvent } from "../storage/event-db/types.ts";
import { whyUnusable } from "../verification/request-place.ts";
import type { Entrypoint } from "./entrypoints.ts";
import type { Target } from "./targets.ts";

export type ValueSetting = "event_type_from" | "deduplicate_value" | "order_by" | "verification";

export type UnreadValue = Readonly<{
  setting: ValueSetting;
  /** As in the setting; null if the provider defines it. */
  place: string | null;
  reason: string;
}>;

/**
 * Uses the current settings, which may differ from those at receipt. Absent values are not listed. `entrypoint` null:
 * it was deleted; `targets` are those that received the event.
 */
export async function listUnreadValues(of: {
  event: StoredEvent;
  entrypoint: Pick<Entrypoint, "settings" | "verification"> | null;
  targets: readonly Pick<Target, "policy">[];
}): Promise<readonly UnreadValue[]> {
  const { event, entrypoint, targets } = of;
  const head = storedHead(event);
  await unpackAhead(event.body, head);
  const values = bodyValuesOf(event.body, () => head);
  const ofEntrypoint = entrypoint === null ? [] : inEntrypoint(event, entrypoint, values);
  const orders = new Set(targets.flatMap(({ policy }) => orderPathOf(policy.order_by) ?? []));
  const unordered = [...orders].map((path) => named("order_by", path, unreadableAt(values, path)));
  return [...ofEntrypoint, ...unordered].filter((each) => each !== null);
}

function inEntrypoint(
  event: StoredEvent,
  { settings, verification }: Pick<Entrypoint, "settings" | "verification">,
  values: BodyValues,
): (UnreadValue | null)[] {
  const { event_type_from: typeFrom, deduplicate_by: by, deduplicate_value: value } = settings;
  const [typePath, valuePath] = [bodyPathOf(typeFrom), bodyPathOf(by === "value" ? value : null)];
  const asksProvider = verification !== null && isAutoType(typeFrom) && event.type === null;
  return [
    typePath === null ? null : named("event_type_from", typeFrom, whyUnusable(values, typePath)),
    valuePath === null ? null : named("deduplicate_value", value, whyUnusable(values, valuePath)),
    asksProvider ? named("verification", null, values.fault()) : null,
  ];
}

/** Values of any length can be order keys, and events without one are not delayed. */
function unreadableAt(values: BodyValues, path: string): string | null {
  const value = values.at(path);
  return value?.kind === "unreadable" ? value.why : null;
}

function named(setting: ValueSetting, place: string | null, reason: string | null): UnreadValue | null {
  return reason === null ? null : { setting, place, reason };
}
