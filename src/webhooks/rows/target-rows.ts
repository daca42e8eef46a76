/** Turns what people and programs send of a target into its row. */
import type { z } from "zod";
import type { TargetRow } from "../../storage/main-db/tables.ts";
import {
  deliveryPolicySchema,
  mergePolicy,
  type StoredDeliveryPolicy,
} from "../../targets/delivery-policy.ts";
import type { TargetType } from "../../targets/target-type.ts";
import type { UseCaseDeps } from "../deps.ts";
import type { targetChange, targetInput } from "../schemas.ts";
import { createTargetConfigs } from "../target-config.ts";
import { createTargetSigning } from "../target-signing.ts";
import { validate } from "../validate.ts";

/** `made`: the signing secret if it was generated, and must be shown. */
type Changed = Readonly<{ row: TargetRow; made: string | null }>;

/** The transformation is left to the caller: its code must be checked first, and becomes a version. */
export function createTargetRows(deps: Pick<UseCaseDeps, "targetTypes" | "keys" | "clock">) {
  const { targetTypes, keys, clock } = deps;
  const configs = createTargetConfigs({ targetTypes, keys });
  const signings = createTargetSigning({ keys, clock });

  return {
    configs,
    signings,
    /** A new target. `input` is what `values` were read from. Throws AppError `invalid`. */
    made(
      values: z.output<typeof targetInput>,
      { id, webhookId, input }: { id: string; webhookId: string; input: unknown },
    ): Changed {
      const type = targetTypes.get(values.type);
      const signing = signings.begin({ id, type, sent: values.signing });
      const now = clock.now();
      const row = {
        id,
        webhookId,
        name: values.name,
        type: type.type,
        active: values.active ?? true,
        config: configs.toStored({ id, type, sent: values.config ?? {} }),
        policy: checkedPolicy({ ...values, ...ofType(type, input) }),
        settlesAtIngest: type.settlesAtIngest,
        createdAt: now,
        updatedAt: now,
        deletedAt: null,
        pausedAt: null,
        deactivatedReason: null,
        signing: signing.stored,
        transformationVersion: null,
        key: null,
        managedBy: null,
      };
      return { row, made: signing.made };
    },
    /** The row with what is given; the rest stays. The type is not changed. Throws AppError `invalid`. */
    changed(row: TargetRow, values: z.output<typeof targetChange>): Changed {
      const { id } = row;
      const type = () => targetTypes.get(row.type);
      const signing = values.signing && signings.change(row, type(), values.signing);
      const changed = {
        ...row,
        name: values.name ?? row.name,
        active: values.active ?? row.active,
        deactivatedReason: values.active === undefined ? row.deactivatedReason : null,
        config: values.config
          ? configs.toStored({ id, type: type(), sent: values.config, before: row })
          : row.config,
        policy: checkedPolicy(values, row.policy),
        signing: signing ? signing.stored : row.signing,
      };
      return { row: changed, made: signing?.made ?? null };
    },
  };
}

/** The type's own defaults of what the input leaves out; the schema has filled in those of all types. */
export function ofType({ policyDefaults = {} }: TargetType, input: unknown): Partial<StoredDeliveryPolicy> {
  const given = new Set(Object.keys(Object(input)));
  return Object.fromEntries(Object.entries(policyDefaults).filter(([name]) => !given.has(name)));
}

function checkedPolicy(sent: Readonly<Record<string, unknown>>, stored?: unknown): StoredDeliveryPolicy {
  return validate({ schema: deliveryPolicySchema, value: mergePolicy(sent, stored), what: "target" });
}
