/** Makes a stored target ready for deliveries: finds its type and opens its secrets. */
import { errorMessage } from "../lib/errors.ts";
import type { Logger } from "../observability/log.ts";
import { openConfig, type Sealer } from "../settings/sealed-config.ts";
import type { DeliveryTarget } from "../storage/main-db/routing.ts";
import { type DeliveryPolicy, parseDeliveryPolicy } from "../targets/delivery-policy.ts";
import type { TargetTypes } from "../targets/registry.ts";
import { openSigning, readSigning, type Signer } from "../targets/signing.ts";
import type { TargetType } from "../targets/target-type.ts";

/** A target ready for deliveries: its type known, its secrets opened. */
export type OpenedTarget = Readonly<{
  target: DeliveryTarget;
  type: TargetType;
  config: Record<string, unknown>;
  policy: DeliveryPolicy;
  signer: Signer | null;
}>;

/** Returns null where the settings cannot be opened, mostly because SECRET_KEY changed: the deliveries wait. */
export type TargetOpener = (target: DeliveryTarget) => OpenedTarget | null;

/** Opening costs a decryption, so its result is kept for as long as the routing keeps the target. */
export function createTargetOpener(deps: {
  targetTypes: TargetTypes;
  keys: Sealer;
  log: Logger;
}): TargetOpener {
  const opened = new WeakMap<DeliveryTarget, OpenedTarget | null>();
  function open(target: DeliveryTarget): OpenedTarget | null {
    try {
      const type = deps.targetTypes.get(target.type);
      const config = openConfig({
        type,
        config: target.config,
        owner: `targets:${target.id}`,
        keys: deps.keys,
      });
      const signing = readSigning(target.signing);
      const signer = signing && openSigning({ targetId: target.id, keys: deps.keys }, signing).signer;
      return { target, type, config, policy: parseDeliveryPolicy(target.policy), signer };
    } catch (error) {
      deps.log.error("a target's settings cannot be read; its deliveries wait", {
        target_id: target.id,
        cause: errorMessage(error),
        hint: "Check whether SECRET_KEY has changed. Start with the old key, or enter the target's settings again.",
      });
      return null;
    }
  }
  return (target) => {
    let known = opened.get(target);
    if (known === undefined) {
      known = open(target);
      opened.set(target, known);
    }
    return known;
  };
}
