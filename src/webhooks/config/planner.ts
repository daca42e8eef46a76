/**
 * Plans what brings a user's webhooks to what a file of configuration says. Reads only, and pauses between webhooks: the
 * caller checks that nothing has changed meanwhile.
 */
import type { Pause } from "../../lib/pauses.ts";
import { isRecord } from "../../lib/records.ts";
import type { TargetRow, WebhookRow } from "../../storage/main-db/tables.ts";
import type { UseCaseDeps } from "../deps.ts";
import { changedWebhookSettings } from "../webhooks.ts";
import type { ConfigDocument, ConfigWebhook } from "./document.ts";
import { createFaults, type Faults } from "./faults.ts";
import { listFieldChanges } from "./field-changes.ts";
import { matchObjects } from "./match.ts";
import { type FindByKeys, findNoticeTarget } from "./notice-target.ts";
import { type Draft, leaveOut, type Plan } from "./plan.ts";
import { createEntrypointPlanner } from "./plan-entrypoints.ts";
import { createEventTypePlanner } from "./plan-event-types.ts";
import { createMemberPlanner } from "./plan-members.ts";
import { createSettingsPlanner } from "./plan-settings.ts";
import { createTargetPlanner, type MatchedTarget } from "./plan-targets.ts";
import { createViews } from "./views.ts";

type Asked = Readonly<{
  userId: string;
  document: ConfigDocument;
  sent: unknown;
  prune: boolean;
  pause: Pause;
}>;

/** An entry of the file with its row, or the id that it will have, and the same for its targets. */
type Matched = Readonly<{
  key: string;
  entry: ConfigWebhook;
  id: string;
  row: WebhookRow | null;
  targets: readonly MatchedTarget[];
  existingTargets: readonly TargetRow[];
}>;

export type Planned = Plan & Readonly<{ faults: Faults; newWebhookIds: readonly string[] }>;

export function createPlanner(deps: UseCaseDeps) {
  const { mainDb, ids, clock, targetTypes, sendsMail } = deps;
  const views = createViews(deps);
  const planEntrypoints = createEntrypointPlanner({ ...deps, views });
  const planTargets = createTargetPlanner({ ...deps, views });
  const planMembers = createMemberPlanner(deps);
  const planSettings = createSettingsPlanner(deps);
  const planEventTypes = createEventTypePlanner(deps);

  /** Ids are given before anything is planned, because notices refer to targets of any webhook. */
  async function match(
    own: readonly WebhookRow[],
    document: ConfigDocument,
    pause: Pause,
  ): Promise<readonly Matched[]> {
    const found = matchObjects(own, document.webhooks);
    const all: Matched[] = [];
    for (const [key, entry] of Object.entries(document.webhooks)) {
      const row = found.get(key) ?? null;
      const existingTargets = row ? mainDb.targets.list(row.id) : [];
      const foundTargets = matchObjects(existingTargets, entry.targets);
      const targets = Object.entries(entry.targets).map(([targetKey, target]) => {
        const targetRow = foundTargets.get(targetKey) ?? null;
        return { key: targetKey, entry: target, id: targetRow?.id ?? ids.newId(), row: targetRow };
      });
      all.push({ key, entry, id: row?.id ?? ids.newId(), row, targets, existingTargets });
      await pause();
    }
    return all;
  }

  function targetFinder(own: readonly WebhookRow[], matched: readonly Matched[]): FindByKeys {
    const byKey = new Map(matched.map((each) => [each.key, each]));
    return (webhookKey, targetKey) => {
      const inFile = byKey.get(webhookKey);
      const named = inFile?.targets.find(({ key }) => key === targetKey);
      if (named) return { id: named.id, type: named.entry.type };
      const webhook = inFile?.row ?? own.find(({ key }) => key === webhookKey);
      return (webhook && mainDb.targets.list(webhook.id).find(({ key }) => key === targetKey)) ?? null;
    };
  }

  /** Names targets for people: WEBHOOK/TARGET as in the file, and by their id those that it does not reach. */
  function targetNamer(matched: readonly Matched[]): (targetId: string) => string {
    const names = new Map<string, string>();
    for (const { key, targets, existingTargets } of matched) {
      for (const target of existingTargets)
        if (target.key !== null) names.set(target.id, `${key}/${target.key}`);
      for (const target of targets) names.set(target.id, `${key}/${target.key}`);
    }
    return (targetId) => names.get(targetId) ?? targetId;
  }

  /** Also if that webhook is to give it up: one apply after the other. */
  function checkExternalId(
    { key, entry, id }: Matched,
    { userId, faults, seen }: { userId: string; faults: Faults; seen: Set<string> },
  ): void {
    const { external_id: externalId = null } = entry;
    if (externalId === null) return;
    const path = `webhooks.${key}.external_id`;
    if (seen.has(externalId)) faults.add(path, "is there twice");
    seen.add(externalId);
    const holder = mainDb.webhooks.findIdByExternalId({ userId, externalId });
    if (holder !== null && holder !== id) faults.add(path, "belongs to another of your webhooks");
  }

  function settingsOf(matched: Matched, find: FindByKeys, faults: Faults): WebhookRow["settings"] {
    const { key, entry, row } = matched;
    const path = `webhooks.${key}`;
    const { notices, ...given } = entry;
    const { target = null, ...rest } = notices ?? {};
    if (notices?.email && !sendsMail) {
      faults.add(`${path}.notices.email`, "cannot be used, because SMTP_URL is not set on this server");
    }
    const { id: target_id, fault } = findNoticeTarget(target, { webhookKey: key, find, targetTypes });
    if (fault !== null) faults.add(`${path}.notices.target`, fault);
    const stored = row?.settings ?? null;
    // Without a recipient notices are refused, which has been said better.
    const isUsable = fault === null || notices?.email;
    const wanted = { ...given, notices: notices && isUsable ? { ...rest, target_id } : null };
    // Settings that are all the default are stored as null too, as what is refused is.
    const read = faults.within(path, () => ({ settings: changedWebhookSettings(wanted, stored) }));
    return read === null ? stored : read.settings;
  }

  function planWebhook(
    draft: Draft,
    matched: Matched,
    { settings, nameOf }: { settings: WebhookRow["settings"]; nameOf: (targetId: string) => string },
  ): void {
    const { key, entry, id, row } = matched;
    const { userId, now } = draft;
    const name = entry.name ?? key;
    const base = { kind: "webhook", path: `webhooks.${key}`, id, name } as const;
    const { external_id: externalId = row?.externalId ?? null } = entry;
    if (row === null) {
      const at = now + draft.steps.length;
      const times = { createdAt: at, updatedAt: now, deletedAt: null, eventsLostAt: null };
      const made: WebhookRow = {
        ...times,
        id,
        userId,
        name,
        settings,
        key,
        managedBy: "file",
        externalId,
      };
      const change = { ...base, action: "create", fields: [], adopts: false } as const;
      draft.steps.push({ change, act: mainDb.webhooks.insertingReserved(made) });
      return;
    }
    const named = { name, settings, key, managedBy: "file", externalId } as const;
    const after: WebhookRow = { ...row, ...named, updatedAt: now };
    const fields = listFieldChanges(views.webhook(row, nameOf), views.webhook(after, nameOf));
    if (fields.length === 0) return;
    const change = { ...base, action: "update", fields, adopts: row.managedBy === null } as const;
    draft.steps.push({ change, act: mainDb.webhooks.updating({ before: row, after }) });
  }

  return async ({ userId, document, sent, prune, pause }: Asked): Promise<Planned> => {
    const draft: Draft = { userId, prune, now: clock.now(), pause, steps: [], kept: [], checks: [] };
    const faults = createFaults();
    planSettings(draft, document);
    await planEventTypes(draft, faults, document.event_types);
    const own = mainDb.webhooks.list(userId).filter((row) => row.userId === userId);
    const matched = await match(own, document, pause);
    const find = targetFinder(own, matched);
    const nameOf = targetNamer(matched);
    const externalIds = new Set<string>();
    for (const each of matched) {
      const { key, entry, id: webhookId, row } = each;
      const path = `webhooks.${key}`;
      const of = { draft, faults, webhookId, path };
      checkExternalId(each, { userId, faults, seen: externalIds });
      planWebhook(draft, each, { settings: settingsOf(each, find, faults), nameOf });
      const { entrypoints: entries, members: wanted } = entry;
      await planEntrypoints({ ...of, entries }, row ? mainDb.entrypoints.list(webhookId) : []);
      await planTargets({ ...of, sent: sentTargets(sent, key) }, each.targets, each.existingTargets);
      if (wanted) planMembers({ ...of, ownerId: userId, wanted }, row ? mainDb.members.list(webhookId) : []);
      await pause();
    }
    const named = new Set(matched.map(({ id }) => id));
    for (const row of own) {
      if (named.has(row.id)) continue;
      const remove = mainDb.webhooks.deleting({ row, deletion: { id: row.id, at: draft.now } });
      leaveOut(draft, { kind: "webhook", path: `webhooks.${row.key ?? row.id}`, row, remove });
    }
    const newWebhookIds = matched.flatMap(({ id, row }) => (row === null ? [id] : []));
    return { ...draft, faults, newWebhookIds };
  };
}

function sentTargets(sent: unknown, key: string): unknown {
  return valueAt(valueAt(valueAt(sent, "webhooks"), key), "targets");
}

/** A key may be the name of something that every object has. */
function valueAt(object: unknown, name: string): unknown {
  return isRecord(object) && Object.hasOwn(object, name) ? object[name] : undefined;
}
