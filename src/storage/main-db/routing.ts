/** Routes of entrypoints and data of targets, cached in memory: the lookups of every event and every attempt. */
import type { Database } from "bun:sqlite";
import { z } from "zod";
import type { Wants } from "../../filters/target-filter.ts";
import { PUBLISHED } from "../../settings/published-events.ts";
import { parseJsonObject } from "./json-object.ts";

export type Route = Readonly<{
  entrypointId: string;
  active: boolean;
  webhookId: string;
  /** As stored: secret fields are sealed. Null if anyone who knows the URL may send. */
  verification: Record<string, unknown> | null;
  /** Which requests the entrypoint accepts and how it responds, as stored; null for all defaults. */
  settings: Record<string, unknown> | null;
  /** Active targets only. */
  targets: readonly RouteTarget[];
}>;

export type RouteTarget = Readonly<{
  id: string;
  settlesAtIngest: boolean;
  /** Set while the target is paused. */
  held?: true;
  /** Value path of the key that orders its deliveries (see lib/order-key.ts). */
  orderBy?: string;
  /** Which events it gets; left out where it gets all. */
  wants?: Wants;
}>;

export type DeliveryTarget = Readonly<{
  id: string;
  webhookId: string;
  webhookName: string;
  name: string;
  type: string;
  active: boolean;
  paused: boolean;
  deleted: boolean;
  /** As stored: secret fields are sealed. */
  config: Record<string, unknown>;
  policy: Record<string, unknown>;
  /** As stored: secrets are sealed. Null: requests are not signed. */
  signing: Record<string, unknown> | null;
  /** The code that changes its requests; null: they go out as they came. */
  transformation: Readonly<{ version: number; code: string }> | null;
}>;

export type Routing = Readonly<{
  /** Null if the entrypoint or its webhook is unknown or deleted. */
  findRoute: (entrypointId: string) => Route | null;
  /** The way of what a program publishes to the webhook; null if that is unknown or deleted. */
  findPublishRoute: (webhookId: string) => Route | null;
  /** False if the webhook is unknown, deleted, or still being imported. */
  hasWebhook: (webhookId: string) => boolean;
  /** Finds deleted targets too; null only if the target never existed. */
  findTarget: (targetId: string) => DeliveryTarget | null;
  /** The webhook's targets that are not deleted. */
  listTargetIds: (webhookId: string) => readonly string[];
  /** The targets that new events of the webhook go to. */
  listActiveTargetIds: (webhookId: string) => readonly string[];
  /** Drops the cached data of one webhook; every change of its rows ends with this call. */
  invalidate: (webhookId: string) => void;
  /** Calls `listener` after each invalidation; the returned function unsubscribes. */
  onInvalidate: (listener: (webhookId: string) => void) => () => void;
}>;

type RouteRow = {
  webhook_id: string;
  active: number;
  verification: string | null;
  settings: string | null;
};
type RouteTargetRow = {
  id: string;
  settles_at_ingest: number;
  paused: number;
  order_by: string | null;
  /** JSON. */
  event_types: string | null;
  filter: string | null;
};
type TargetJoinRow = {
  id: string;
  webhook_id: string;
  webhook_name: string;
  name: string;
  type: string;
  active: number;
  paused: number;
  deleted: number;
  config: string;
  policy: string;
  signing: string | null;
  transformation_version: number | null;
  code: string | null;
};

export function createRouting(db: Database): Routing {
  const routeStatement = db.prepare<RouteRow, [string]>(
    `SELECT e.webhook_id, e.active, e.verification, e.settings
     FROM entrypoints e JOIN webhooks w ON w.id = e.webhook_id
     WHERE e.id = ? AND e.deleted_at IS NULL AND w.deleted_at IS NULL`,
  );
  const webhookStatement = db.prepare<{ id: string }, [string]>(
    "SELECT id FROM webhooks WHERE id = ? AND deleted_at IS NULL",
  );
  const routeTargetsStatement = db.prepare<RouteTargetRow, [string]>(
    `SELECT id, settles_at_ingest, paused_at IS NOT NULL AS paused, policy ->> 'order_by' AS order_by,
            policy ->> 'event_types' AS event_types, policy ->> 'filter' AS filter FROM targets
     WHERE webhook_id = ? AND active = 1 AND deleted_at IS NULL ORDER BY created_at, id`,
  );
  const targetIdsStatement = db.prepare<{ id: string }, [string]>(
    "SELECT id FROM targets WHERE webhook_id = ? AND deleted_at IS NULL ORDER BY id",
  );
  const targetStatement = db.prepare<TargetJoinRow, [string]>(
    `SELECT t.id, t.webhook_id, w.name AS webhook_name, t.name, t.type, t.active,
            t.paused_at IS NOT NULL AS paused,
            t.deleted_at IS NOT NULL OR w.deleted_at IS NOT NULL AS deleted, t.config, t.policy, t.signing,
            t.transformation_version, v.code
     FROM targets t JOIN webhooks w ON w.id = t.webhook_id
       LEFT JOIN transformation_versions v ON v.target_id = t.id AND v.version = t.transformation_version
     WHERE t.id = ?`,
  );

  // Unknown ids are never cached, so that guessed addresses cannot fill the memory.
  const routes = new Map<string, Route>();
  const publishRoutes = new Map<string, Route>();
  const targets = new Map<string, DeliveryTarget>();
  const idsByWebhook = new Map<string, Set<string>>();
  const listeners = new Set<(webhookId: string) => void>();

  function remember(webhookId: string, id: string): void {
    const ids = idsByWebhook.get(webhookId);
    if (ids) ids.add(id);
    else idsByWebhook.set(webhookId, new Set([id]));
  }

  function readRoute(entrypointId: string): Route | null {
    const row = routeStatement.get(entrypointId);
    if (!row) return null;
    return {
      entrypointId,
      active: row.active === 1,
      webhookId: row.webhook_id,
      verification: row.verification === null ? null : parseJsonObject(row.verification),
      settings: row.settings === null ? null : parseJsonObject(row.settings),
      targets: routeTargetsStatement.all(row.webhook_id).map(toRouteTarget),
    };
  }

  function readPublishRoute(webhookId: string): Route | null {
    if (!webhookStatement.get(webhookId)) return null;
    const targets = routeTargetsStatement.all(webhookId).map(toRouteTarget);
    return { entrypointId: PUBLISHED, active: true, webhookId, verification: null, settings: null, targets };
  }

  function readTarget(targetId: string): DeliveryTarget | null {
    const row = targetStatement.get(targetId);
    if (!row) return null;
    return {
      id: row.id,
      webhookId: row.webhook_id,
      webhookName: row.webhook_name,
      name: row.name,
      type: row.type,
      active: row.active === 1,
      paused: row.paused === 1,
      deleted: row.deleted === 1,
      config: parseJsonObject(row.config),
      policy: parseJsonObject(row.policy),
      signing: row.signing === null ? null : parseJsonObject(row.signing),
      transformation: toTransformation(row),
    };
  }

  function findPublishRoute(webhookId: string): Route | null {
    const known = publishRoutes.get(webhookId);
    if (known) return known;
    const route = readPublishRoute(webhookId);
    if (route) publishRoutes.set(webhookId, route);
    return route;
  }

  return {
    findRoute(entrypointId) {
      const known = routes.get(entrypointId);
      if (known) return known;
      const route = readRoute(entrypointId);
      if (route) {
        routes.set(entrypointId, route);
        remember(route.webhookId, entrypointId);
      }
      return route;
    },
    findPublishRoute,
    hasWebhook: (webhookId) => findPublishRoute(webhookId) !== null,
    findTarget(targetId) {
      const known = targets.get(targetId);
      if (known) return known;
      const target = readTarget(targetId);
      if (target) {
        targets.set(targetId, target);
        remember(target.webhookId, targetId);
      }
      return target;
    },
    listTargetIds: (webhookId) => targetIdsStatement.all(webhookId).map(({ id }) => id),
    listActiveTargetIds: (webhookId) => routeTargetsStatement.all(webhookId).map((target) => target.id),
    invalidate(webhookId) {
      for (const id of idsByWebhook.get(webhookId) ?? []) {
        routes.delete(id);
        targets.delete(id);
      }
      idsByWebhook.delete(webhookId);
      publishRoutes.delete(webhookId);
      for (const listener of listeners) listener(webhookId);
    },
    onInvalidate(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}

function toTransformation({ transformation_version: version, code }: TargetJoinRow) {
  return version === null || code === null ? null : { version, code };
}

function toRouteTarget(row: RouteTargetRow): RouteTarget {
  const { id, settles_at_ingest, paused, order_by } = row;
  const wants = toWants(row);
  return {
    id,
    settlesAtIngest: settles_at_ingest === 1,
    ...(paused === 1 && { held: true }),
    ...(order_by !== null && { orderBy: order_by }),
    ...(wants !== null && { wants }),
  };
}

/** Policies from before there were filters have neither. */
function toWants({ event_types, filter }: RouteTargetRow): Wants | null {
  const eventTypes = z.array(z.string()).parse(JSON.parse(event_types ?? "[]"));
  if (eventTypes.length === 0 && filter === null) return null;
  return { eventTypes, filter: filter === null ? null : JSON.parse(filter) };
}
