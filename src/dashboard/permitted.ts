/**
 * Knows, while a page is drawn, which routes its reader may use: buttons and links to others are left out. The roles are
 * those of the routes themselves, so that a button cannot promise what its route refuses.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { includesRole, type WebhookRole } from "../webhooks/people/roles.ts";
import type { PageRoute } from "./page-route.ts";

type Method = "GET" | "POST";
type Reader = Readonly<{ role: WebhookRole; needs: Needs }>;
/** Roles by method and path with placeholders. */
type Needs = ReadonlyMap<string, WebhookRole>;

const readers = new AsyncLocalStorage<Reader>();

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const PARAMETER = /:\w+/g;

/** `run` draws for a reader with this role on the webhook that the page belongs to. */
export type DrawFor = <T>(role: WebhookRole, run: () => T) => T;

export function createDrawFor(routes: readonly PageRoute[]): DrawFor {
  const needs: Needs = new Map(
    routes.flatMap((route) =>
      route.access !== "anyone" && route.role !== null
        ? [[keyOf(route.method, route.path.replaceAll(PARAMETER, ":")), route.role] as const]
        : [],
    ),
  );
  return (role, run) => readers.run({ role, needs }, run);
}

/** Whether the reader's role allows the route at this address; true outside a webhook's pages. */
export function isPermitted(method: Method, address: string): boolean {
  const reader = readers.getStore();
  if (reader === undefined || reader.role === "owner") return true;
  const path = address.replace(/[?#].*$/, "").replaceAll(ID, ":");
  const need = reader.needs.get(keyOf(method, path));
  return need === undefined || includesRole(reader.role, need);
}

function keyOf(method: Method, path: string): string {
  return `${method} ${path}`;
}
