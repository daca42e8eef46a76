/** Validates imported rows by the API's schemas, and presents each once as pages do. */
import { z } from "zod";
import { diskFault } from "../../lib/disk-fault.ts";
import { AppError } from "../../lib/errors.ts";
import { entrypointSettingsSchema } from "../../settings/entrypoint-settings.ts";
import { openConfig, type Sealer } from "../../settings/sealed-config.ts";
import { webhookSettingsSchema } from "../../settings/webhook-settings.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type {
  EntrypointRow,
  TargetRow,
  TransformationVersionRow,
  WebhookRow,
} from "../../storage/main-db/tables.ts";
import { LAST_TIME } from "../../storage/transfer/row-faults.ts";
import { deliveryPolicySchema } from "../../targets/delivery-policy.ts";
import type { TargetTypes } from "../../targets/registry.ts";
import { readSigning } from "../../targets/signing.ts";
import type { Providers } from "../../verification/registry.ts";
import { parseVerification } from "../../verification/stored-verification.ts";
import { externalId } from "../external-id.ts";
import { entrypointInput, targetInput, webhookInput } from "../schemas.ts";
import { transformationCode } from "../transformations.ts";
import type { WebhookUseCases } from "../use-cases.ts";
import { unfitRows } from "./unfit-rows.ts";

/** Paths of left-out secrets within the config, by row id. */
export type LeftOut = ReadonlyMap<string, readonly (readonly string[])[]>;

export type CheckRows = (webhookId: string, leftOut: LeftOut) => void;

type Config = Readonly<{
  fields: Parameters<typeof openConfig>[0]["type"]["fields"];
  configSchema: z.ZodType;
}>;

/** Schemas of columns that clients cannot send. A new column must be added here before it can be imported. */
const time = z.int().min(0).max(LAST_TIME);
const born = { createdAt: time, updatedAt: time, deletedAt: z.null() };
const id = z.string();
/** Marks of files of configuration, which know the objects of one server. */
const unmanaged = { key: z.null(), managedBy: z.null() };

const webhookColumns = {
  id,
  userId: id,
  ...born,
  ...unmanaged,
  eventsLostAt: time.nullable(),
  name: webhookInput.shape.name,
  externalId: externalId.nullable(),
  settings: webhookSettingsSchema.nullable(),
} satisfies Record<keyof WebhookRow, z.ZodType>;

const entrypointColumns = {
  id,
  webhookId: id,
  ...born,
  ...unmanaged,
  name: entrypointInput.shape.name,
  active: z.boolean(),
  verification: z.unknown(),
  settings: entrypointSettingsSchema.nullable(),
} satisfies Record<keyof EntrypointRow, z.ZodType>;

const targetColumns = {
  id,
  webhookId: id,
  ...born,
  ...unmanaged,
  pausedAt: time.nullable(),
  name: targetInput.shape.name,
  type: targetInput.shape.type,
  active: z.boolean(),
  config: z.unknown(),
  policy: deliveryPolicySchema,
  settlesAtIngest: z.boolean(),
  deactivatedReason: z.string().max(1_000).nullable(),
  signing: z.unknown(),
  transformationVersion: z.int().min(1).nullable(),
} satisfies Record<keyof TargetRow, z.ZodType>;

const versionColumns = {
  targetId: id,
  createdAt: time,
  version: z.int().min(1),
  code: transformationCode,
} satisfies Record<keyof TransformationVersionRow, z.ZodType>;

const rowSchemas = {
  webhook: z.object(webhookColumns),
  entrypoint: z.object(entrypointColumns),
  target: z.object(targetColumns),
  version: z.object(versionColumns),
};

/** Throws AppError `invalid`. Call it on inserted rows, in the transaction that inserts them. */
export function createRowCheck(deps: {
  mainDb: Pick<MainDb, "webhooks" | "entrypoints" | "targets" | "transformations">;
  useCases: Pick<WebhookUseCases, "entrypoints" | "targets">;
  targetTypes: TargetTypes;
  providers: Providers;
  keys: Sealer;
}): CheckRows {
  const { mainDb, useCases, targetTypes, providers, keys } = deps;

  function checkConfig(given: {
    what: string;
    type: Config;
    config: unknown;
    owner: `targets:${string}` | `entrypoints:${string}`;
    leftOut: readonly (readonly string[])[];
  }): void {
    const { what, type, config, owner, leftOut } = given;
    const { error } = type.configSchema.safeParse(openConfig({ type, config, owner, keys }));
    const issue = error?.issues.find((each) => !isOfLeftOut(each, leftOut));
    if (issue) throw unfitRows(`${what}: ${describe(issue)}`);
  }

  function checkEntrypoint(row: EntrypointRow, leftOut: LeftOut): void {
    const what = `entrypoint ${row.name}`;
    parse(what, rowSchemas.entrypoint, row);
    if (row.verification !== null) {
      const { type: name, config } = parseVerification(row.verification);
      const type = providers.find(name);
      if (type === null) throw unfitRows(`${what}: this server does not know its provider`, NEWER);
      const owner = `entrypoints:${row.id}` as const;
      checkConfig({ what, type, config, owner, leftOut: leftOut.get(row.id) ?? [] });
    }
    useCases.entrypoints.present(row);
  }

  function checkTarget(row: TargetRow, leftOut: LeftOut): void {
    const what = `target ${row.name}`;
    parse(what, rowSchemas.target, row);
    const type = targetTypes.find(row.type);
    if (type === null) throw unfitRows(`${what}: this server does not know its type`, NEWER);
    const versions = mainDb.transformations.list(row.id);
    for (const version of versions) parse(what, rowSchemas.version, version);
    const inUse = row.transformationVersion;
    if (inUse !== null && !versions.some(({ version }) => version === inUse))
      throw unfitRows(`${what}: the version of its transformation is missing`);
    if (row.settlesAtIngest !== type.settlesAtIngest)
      throw unfitRows(`${what}: its deliveries do not match its type`);
    const signing = readSigning(row.signing);
    if (signing !== null && type.signs !== true) throw unfitRows(`${what}: its type cannot sign`);
    if (signing?.previous) parse(what, time, signing.previous.until);
    const { id, config } = row;
    const owner = `targets:${id}` as const;
    checkConfig({ what, type, config, owner, leftOut: leftOut.get(id) ?? [] });
    useCases.targets.present(row);
  }

  function check(webhookId: string, leftOut: LeftOut): void {
    parse("webhook", rowSchemas.webhook, mainDb.webhooks.find(webhookId));
    for (const row of mainDb.entrypoints.list(webhookId)) checkEntrypoint(row, leftOut);
    for (const row of mainDb.targets.list(webhookId)) checkTarget(row, leftOut);
  }

  return (webhookId, leftOut) => {
    try {
      check(webhookId, leftOut);
    } catch (cause) {
      const isKnown = cause instanceof AppError && cause.code === "not_an_export";
      // A full disk is not a fault of the rows.
      if (isKnown || diskFault(cause) !== null) throw cause;
      // A row that cannot be read or presented.
      throw unfitRows("a row is not valid", undefined, cause);
    }
  };
}

const NEWER = "Import it with the webhooker version that exported it, or a newer one.";

function parse(what: string, schema: z.ZodType, value: unknown): void {
  const [issue] = schema.safeParse(value).error?.issues ?? [];
  if (issue) throw unfitRows(`${what}: ${describe(issue)}`);
}

/** Describes an issue without the value. */
function describe({ path, message }: z.core.$ZodIssue): string {
  return path.length === 0 ? message : `${path.join(".")} ${message}`;
}

/** Returns whether an issue concerns a left-out secret or an object that contains one. */
function isOfLeftOut({ code, path }: z.core.$ZodIssue, leftOut: readonly (readonly string[])[]): boolean {
  if (code === "unrecognized_keys") return false;
  return leftOut.some((each) =>
    each.every((part, index) => index >= path.length || String(path[index]) === part),
  );
}
