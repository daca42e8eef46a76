/** Use cases on the targets of the user's webhooks. */
import { AppError, notFound } from "../lib/errors.ts";
import type { TargetRow } from "../storage/main-db/tables.ts";
import { readPolicy, type StoredDeliveryPolicy } from "../targets/delivery-policy.ts";
import type { UseCaseDeps } from "./deps.ts";
import { isInPortal, refuseBeyondPortal } from "./people/portal-limits.ts";
import { type InWebhook, requireRole, type WebhookRole } from "./people/roles.ts";
import { createTargetRows } from "./rows/target-rows.ts";
import { targetChange, targetInput } from "./schemas.ts";
import type { ShownSigning } from "./target-signing.ts";
import { createTransformations, type Transformation } from "./transformations.ts";
import { validate } from "./validate.ts";

export type Target = Readonly<{
  id: string;
  webhookId: string;
  name: string;
  type: string;
  active: boolean;
  /** When the target was paused, so that its deliveries are held; null if it is not paused. */
  pausedAt: number | null;
  /** Why the gateway disabled it; null if a person did, or if it is active. */
  deactivatedReason: string | null;
  /** Secrets are replaced by "[secret]". */
  config: Record<string, unknown>;
  /** In the API's form. */
  policy: StoredDeliveryPolicy;
  signing: ShownSigning;
  /** Null: requests go out as they came. */
  transformation: Transformation | null;
  /** The new secret, only in the response to the request that created it. */
  signingSecret?: string;
  /** A short description of the destination, without secrets. */
  summary: string;
  /** Why no delivery can succeed; null if nothing is known. */
  warning: string | null;
  /** By what a file of configuration names it; null: none does. */
  key: string | null;
  /** "file": the next `webhooker apply` brings it back to what its file says. */
  managedBy: "file" | null;
  createdAt: number;
  updatedAt: number;
}>;

type InTarget = InWebhook & Readonly<{ targetId: string }>;

const what = "target";
const FOR_PORTAL = { portal: true };

export function createTargetUseCases({ mainDb, targetTypes, keys, clock, ids, checkCode }: UseCaseDeps) {
  const rows = createTargetRows({ targetTypes, keys, clock });
  const transformations = createTransformations({ mainDb, clock, checkCode });

  function getRow(of: InTarget, need: WebhookRole, { portal = false } = {}): TargetRow {
    const { id: webhookId } = requireRole(mainDb, of, need, { portal });
    const row = mainDb.targets.find({ id: of.targetId, webhookId });
    if (!row || !isInPortal(of, row.type)) throw notFound(what);
    return row;
  }

  function change(row: TargetRow, values: Partial<TargetRow> = {}, made: string | null = null): Target {
    const changed = { ...row, ...values, updatedAt: clock.now() };
    mainDb.targets.update(changed);
    return toTarget(changed, made);
  }

  function toTarget(row: TargetRow, made: string | null = null): Target {
    const { id, webhookId, name, type, active, pausedAt, deactivatedReason, createdAt, updatedAt } = row;
    const signing = rows.signings.toShown(row);
    return {
      id,
      webhookId,
      name,
      type,
      active,
      pausedAt,
      deactivatedReason,
      ...rows.configs.toShown(row),
      policy: readPolicy(row.policy),
      signing,
      transformation: transformations.current(row),
      key: row.key,
      managedBy: row.managedBy,
      createdAt,
      updatedAt,
      ...(!signing.isUsable && { summary: "Its signing secret is missing or cannot be read. Rotate it." }),
      ...(made !== null && { signingSecret: made }),
    };
  }

  return {
    /** Returns the row as the API and pages show it. */
    present: (row: TargetRow): Target => toTarget(row),
    async list(of: InWebhook): Promise<Target[]> {
      const { id } = requireRole(mainDb, of, "viewer", FOR_PORTAL);
      return mainDb.targets
        .list(id)
        .filter(({ type }) => isInPortal(of, type))
        .map((row) => toTarget(row));
    },
    async get(of: InTarget, need: WebhookRole = "viewer"): Promise<Target> {
      return toTarget(getRow(of, need, FOR_PORTAL));
    },
    async create({ input, ...of }: InWebhook & { input: unknown }): Promise<Target> {
      const { id: webhookId } = requireRole(mainDb, of, "editor", FOR_PORTAL);
      const values = validate({ schema: targetInput, value: input, what });
      refuseBeyondPortal(of, input, values.type);
      const { row, made } = rows.made(values, { id: ids.newId(), webhookId, input });
      await transformations.check(values.transformation, { ...row, row: null });
      mainDb.targets.insert(row);
      if (!values.transformation) return toTarget(row, made);
      const transformationVersion = transformations.versionOf(row, values.transformation);
      return change(row, { transformationVersion }, made);
    },
    /** Replaces `config` as a whole, except for secrets that are left out or sent back as "[secret]". */
    async update({ input, ...of }: InTarget & { input: unknown }): Promise<Target> {
      const values = validate({ schema: targetChange, value: input, what });
      const found = getRow(of, "editor", FOR_PORTAL);
      refuseBeyondPortal(of, input, found.type);
      await transformations.check(values.transformation, { ...found, row: found });
      const row = getRow(of, "editor", FOR_PORTAL);
      if (values.type !== undefined && values.type !== row.type) throw fixedType();
      const changed = rows.changed(row, values);
      const transformationVersion = transformations.versionOf(row, values.transformation);
      return change(changed.row, { transformationVersion }, changed.made);
    },
    /** All versions of its transformation's code, the latest first. */
    async listTransformations(of: InTarget): Promise<Transformation[]> {
      return transformations.list(getRow(of, "viewer").id);
    },
    /** The delivery engine discards its pending deliveries. */
    async remove(of: InTarget): Promise<void> {
      const { id, webhookId } = getRow(of, "editor", FOR_PORTAL);
      mainDb.targets.softDelete({ id, webhookId, at: clock.now() });
    },
    async setActive({ active, ...of }: InTarget & { active: boolean }): Promise<Target> {
      return change(getRow(of, "editor", FOR_PORTAL), { active, deactivatedReason: null });
    },
    async rotateSigning({ input, ...of }: InTarget & { input: unknown }): Promise<Target> {
      const row = getRow(of, "editor", FOR_PORTAL);
      const { stored, made } = rows.signings.rotate(row, input);
      return change(row, { signing: stored }, made);
    },
    /** The delivery engine holds pending deliveries, and releases them gradually after the pause. */
    async setPaused({ paused, ...of }: InTarget & { paused: boolean }): Promise<Target> {
      const row = getRow(of, "replayer");
      if (paused && row.settlesAtIngest) throw nothingToPause();
      if (paused === (row.pausedAt !== null)) return toTarget(row);
      return change(row, { pausedAt: paused ? clock.now() : null });
    },
  };
}

function nothingToPause(): AppError {
  return new AppError({
    kind: "conflict",
    code: "nothing_to_pause",
    message: "Deliveries to this target are complete as soon as events are stored, so they cannot be held.",
    hint: "Disable the target to stop new deliveries.",
  });
}

export function fixedType(message = "cannot change"): AppError {
  return new AppError({
    kind: "invalid",
    message: "A target's type cannot change.",
    hint: "Create a target of the other type and delete this one.",
    details: [{ path: "type", message }],
  });
}
