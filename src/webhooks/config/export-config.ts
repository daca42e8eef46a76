/** Writes what a user owns as a file of configuration, with placeholders instead of secrets. */
import { notFound } from "../../lib/errors.ts";
import { createPause } from "../../lib/pauses.ts";
import { readSettings } from "../../settings/entrypoint-settings.ts";
import { PROBLEM_KINDS } from "../../settings/notice-settings.ts";
import { readWebhookSettings } from "../../settings/webhook-settings.ts";
import type { EntrypointRow, TargetRow, WebhookRow } from "../../storage/main-db/tables.ts";
import { readPolicy } from "../../targets/delivery-policy.ts";
import { readSigning } from "../../targets/signing.ts";
import { parseVerification } from "../../verification/stored-verification.ts";
import type { UseCaseDeps } from "../deps.ts";
import { requireRole } from "../people/roles.ts";
import { CONFIG_VERSION } from "./document.ts";
import { createExportedConfigs } from "./export-fields.ts";
import { createPlaceholders, keysOf } from "./export-names.ts";
import { createOwnExport } from "./export-own.ts";

/** An export holds up everything else for no longer. */
const MAX_TURN_MS = 5;

type Fields = Record<string, unknown>;
type Wanted = Readonly<{
  userId: string;
  /** Only this webhook; null: all that the user owns. */
  webhookId: string | null;
}>;

export type ExportedConfig = Readonly<{ document: Fields; revision: string }>;

type Naming = Readonly<{
  /** Keys of webhooks by id. */
  webhooks: ReadonlyMap<string, string>;
  /** Keys of the targets of each webhook. */
  targets: (webhookId: string) => ReadonlyMap<string, string>;
  placeholder: (path: readonly string[]) => string;
}>;

type Part = Readonly<{ key: string; placeholder: Naming["placeholder"] }>;

export function createExportConfig(deps: UseCaseDeps) {
  const { mainDb, targetTypes, providers, keys, clock } = deps;
  const configs = createExportedConfigs({ keys });
  const exportOwn = createOwnExport(deps);

  function webhook(row: WebhookRow, names: Naming): Fields {
    const { id, name } = row;
    const key = names.webhooks.get(id) ?? id;
    const { notices, ...settings } = readWebhookSettings(row.settings);
    const { notices: _notices, ...defaults } = readWebhookSettings(null);
    const entrypoints = mainDb.entrypoints.list(id);
    const entrypointKeys = keysOf(entrypoints);
    const targetKeys = names.targets(id);
    const ofPart = (part: string): Part => ({
      key: part,
      placeholder: (path) => names.placeholder([key, part, ...path]),
    });
    return {
      ...named(name, key),
      ...(row.externalId !== null && { external_id: row.externalId }),
      ...differing(settings, defaults),
      ...(notices && { notices: noticesOf(notices, { names, webhookId: id }) }),
      ...sorted("entrypoints", entrypoints, entrypointKeys, (each, part) => entrypoint(each, ofPart(part))),
      ...sorted("targets", mainDb.targets.list(id), targetKeys, (each, part) => target(each, ofPart(part))),
      ...membersOf(id),
    };
  }

  function noticesOf(
    notices: NonNullable<ReturnType<typeof readWebhookSettings>["notices"]>,
    { names, webhookId }: { names: Naming; webhookId: string },
  ): Fields | null {
    const { target_id, ...rest } = notices;
    const found = target_id === null ? null : mainDb.routing.findTarget(target_id);
    const of = found && !found.deleted ? names.webhooks.get(found.webhookId) : undefined;
    const key = found && names.targets(found.webhookId).get(found.id);
    const isKnown = of !== undefined && key;
    if (!isKnown && rest.email === null) return null;
    const named = found?.webhookId === webhookId ? key : `${of}/${key}`;
    return { ...(isKnown && { target: named }), ...differing(rest, { email: null, on: [...PROBLEM_KINDS] }) };
  }

  function entrypoint(row: EntrypointRow, { key, placeholder }: Part): Fields {
    const { id, name, active, verification } = row;
    return {
      id,
      ...named(name, key),
      ...(!active && { active }),
      ...(verification && { verification: verificationOf(row, verification, placeholder) }),
      ...differing(readSettings(row.settings), readSettings(null)),
    };
  }

  function verificationOf(
    { id }: EntrypointRow,
    stored: NonNullable<EntrypointRow["verification"]>,
    placeholder: (path: readonly string[]) => string,
  ): Fields {
    const { type, config } = parseVerification(stored);
    const provider = providers.find(type);
    const owner = `entrypoints:${id}` as const;
    const shown = provider ? configs.exported({ type: provider, config, owner, placeholder }) : {};
    return { type, ...(Object.keys(shown).length > 0 && { config: shown }) };
  }

  function target(row: TargetRow, { key, placeholder }: Part): Fields {
    const { id, name, active } = row;
    const type = targetTypes.find(row.type);
    const owner = `targets:${id}` as const;
    const config = type ? configs.exported({ type, config: row.config, owner, placeholder }) : {};
    const signing = readSigning(row.signing);
    const scheme = signing?.scheme ?? "none";
    const hasSecret = signing?.secret !== undefined;
    const secret = hasSecret && { secret: placeholder(["signing", "secret"]) };
    const isUsual = scheme === (type?.signs === true ? "v1" : "none");
    const { transformationVersion: version } = row;
    const code = version === null ? undefined : mainDb.transformations.find(id, version)?.code;
    return {
      ...named(name, key),
      type: row.type,
      ...(!active && { active }),
      ...(Object.keys(config).length > 0 && { config }),
      ...((!isUsual || hasSecret) && { signing: { scheme, ...secret } }),
      ...differing(readPolicy(row.policy), { ...readPolicy({}), ...type?.policyDefaults }),
      ...(code !== undefined && { transformation: { code } }),
    };
  }

  /** Users first, then teams, each in the order of their names. */
  function membersOf(webhookId: string): Fields {
    const all = mainDb.members.list(webhookId).map(({ userId, teamId, role }) => ({
      username: userId === null ? undefined : mainDb.users.find(userId)?.username,
      team: teamId === null ? undefined : mainDb.teams.find(teamId)?.name,
      role,
    }));
    // Deleted users keep their rows.
    const named = all.filter(({ username, team }) => username !== undefined || team !== undefined);
    const place = ({ username, team }: (typeof named)[number]) =>
      username === undefined ? `1${team}` : `0${username}`;
    const members = named
      .sort((a, b) => compare(place(a), place(b)))
      .map(({ username, team, role }) => (username === undefined ? { team, role } : { username, role }));
    return members.length === 0 ? {} : { members };
  }

  return async ({ userId, webhookId }: Wanted): Promise<ExportedConfig> => {
    if (webhookId !== null) requireRole(mainDb, { userId, webhookId }, "owner");
    const revision = String(mainDb.configObjects.revisionOf(userId));
    const own = mainDb.webhooks.list(userId).filter((row) => row.userId === userId);
    const chosen = own.filter(({ id }) => webhookId === null || id === webhookId);
    // Others' webhooks are in their owners' files.
    if (webhookId !== null && chosen.length === 0) throw notFound("webhook");
    const names: Naming = {
      webhooks: keysOf(own),
      targets: (id) => keysOf(mainDb.targets.list(id)),
      placeholder: createPlaceholders(),
    };
    const pause = createPause({ ms: MAX_TURN_MS, monotonic: clock.monotonic });
    // One webhook is for a file that has others beside it.
    const ofUser = webhookId === null ? await exportOwn(userId, pause) : {};
    const webhooks: Fields = {};
    for (const { row, key } of inOrder(chosen, names.webhooks)) {
      webhooks[key] = webhook(row, names);
      await pause();
    }
    return { document: { version: CONFIG_VERSION, ...ofUser, webhooks }, revision };
  };
}

function named(name: string, key: string): Fields {
  return name === key ? {} : { name };
}

/** By key, so that the order does not depend on when objects were made. */
function inOrder<Row extends Readonly<{ id: string }>>(
  rows: readonly Row[],
  keys: ReadonlyMap<string, string>,
): { row: Row; key: string }[] {
  const keyed = rows.map((row) => ({ row, key: keys.get(row.id) ?? row.id }));
  return keyed.sort((a, b) => compare(a.key, b.key));
}

function sorted<Row extends Readonly<{ id: string }>>(
  field: string,
  rows: readonly Row[],
  keys: ReadonlyMap<string, string>,
  show: (row: Row, key: string) => Fields,
): Fields {
  const shown = inOrder(rows, keys).map(({ row, key }) => [key, show(row, key)]);
  return shown.length === 0 ? {} : { [field]: Object.fromEntries(shown) };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Returns the values that differ from the defaults. */
function differing(values: Fields, defaults: Fields): Fields {
  return Object.fromEntries(
    Object.entries(values).filter(([name, value]) => !Bun.deepEquals(value, defaults[name])),
  );
}
