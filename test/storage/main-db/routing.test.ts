import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { newUnguessableId } from "../../../src/lib/ids.ts";
import { createTestMainDb, type TestMainDb } from "../../support/main-db.ts";

let db: TestMainDb;

beforeEach(() => {
  db = createTestMainDb();
});

afterEach(() => db.dispose());

function createWebhook() {
  const user = db.addUser();
  const webhook = db.addWebhook({ userId: user.id, name: "Shop" });
  const entrypoint = db.addEntrypoint({ webhookId: webhook.id });
  return { user, webhook, entrypoint, routing: db.mainDb.routing };
}

describe("the route of an entrypoint", () => {
  test("names its webhook and the active targets, oldest first", () => {
    const { webhook, entrypoint, routing } = createWebhook();
    const first = db.addTarget({ webhookId: webhook.id });
    db.clock.advance(1);
    const second = db.addTarget({ webhookId: webhook.id, type: "database", settlesAtIngest: true });
    db.addTarget({ webhookId: webhook.id, active: false });
    expect(routing.findRoute(entrypoint.id)).toEqual({
      entrypointId: entrypoint.id,
      active: true,
      webhookId: webhook.id,
      verification: null,
      settings: null,
      targets: [
        { id: first.id, settlesAtIngest: false },
        { id: second.id, settlesAtIngest: true },
      ],
    });
  });

  test("is null for an unknown entrypoint, and found as soon as that exists", () => {
    const { webhook, routing } = createWebhook();
    const id = newUnguessableId();
    expect(routing.findRoute(id)).toBeNull();
    db.addEntrypoint({ webhookId: webhook.id, id });
    expect(routing.findRoute(id)?.webhookId).toBe(webhook.id);
  });

  test("comes from memory until something of its webhook changes", () => {
    const { webhook, entrypoint, routing } = createWebhook();
    const before = routing.findRoute(entrypoint.id);
    expect(routing.findRoute(entrypoint.id)).toBe(before);
    const target = db.addTarget({ webhookId: webhook.id });
    expect(routing.findRoute(entrypoint.id)?.targets).toHaveLength(1);
    db.mainDb.targets.update({ ...target, active: false });
    expect(routing.findRoute(entrypoint.id)?.targets).toHaveLength(0);
    db.mainDb.entrypoints.update({ ...entrypoint, active: false });
    expect(routing.findRoute(entrypoint.id)?.active).toBe(false);
  });

  test("is null once the entrypoint is deleted", () => {
    const { webhook, entrypoint, routing } = createWebhook();
    routing.findRoute(entrypoint.id);
    db.mainDb.entrypoints.softDelete({ id: entrypoint.id, webhookId: webhook.id, at: db.clock.now() });
    expect(routing.findRoute(entrypoint.id)).toBeNull();
  });

  test("is null once its webhook is deleted", () => {
    const { webhook, entrypoint, routing } = createWebhook();
    routing.findRoute(entrypoint.id);
    db.mainDb.webhooks.softDelete({ id: webhook.id, at: db.clock.now() });
    expect(routing.findRoute(entrypoint.id)).toBeNull();
  });

  test("stays in memory when another webhook changes", () => {
    const { user, entrypoint, routing } = createWebhook();
    const before = routing.findRoute(entrypoint.id);
    db.addWebhook({ userId: user.id });
    expect(routing.findRoute(entrypoint.id)).toBe(before);
  });
});

describe("the target of a delivery", () => {
  test("has the data of its row and its webhook", () => {
    const { webhook, routing } = createWebhook();
    const target = db.addTarget({
      webhookId: webhook.id,
      name: "Stock",
      config: { url: "https://example.com/" },
      policy: { max_attempts: 3 },
    });
    expect(routing.findTarget(target.id)).toEqual({
      id: target.id,
      webhookId: webhook.id,
      webhookName: "Shop",
      name: "Stock",
      type: "http",
      active: true,
      paused: false,
      deleted: false,
      config: { url: "https://example.com/" },
      policy: { max_attempts: 3 },
      signing: null,
      transformation: null,
    });
    expect(routing.findTarget(newUnguessableId())).toBeNull();
  });

  test("is still found, as inactive, when it is paused", () => {
    const { webhook, routing } = createWebhook();
    const target = db.addTarget({ webhookId: webhook.id });
    routing.findTarget(target.id);
    db.mainDb.targets.update({ ...target, active: false });
    expect(routing.findTarget(target.id)).toMatchObject({ active: false, deleted: false });
  });

  test("is still found, as deleted, when it or its webhook is deleted", () => {
    const { webhook, routing } = createWebhook();
    const first = db.addTarget({ webhookId: webhook.id });
    const second = db.addTarget({ webhookId: webhook.id });
    expect(routing.findTarget(first.id)?.deleted).toBe(false);
    db.mainDb.targets.softDelete({ ...first, at: db.clock.now() });
    expect(routing.findTarget(first.id)?.deleted).toBe(true);
    expect(routing.findTarget(second.id)?.deleted).toBe(false);
    db.mainDb.webhooks.softDelete({ id: webhook.id, at: db.clock.now() });
    expect(routing.findTarget(second.id)?.deleted).toBe(true);
  });

  test("follows the name of its webhook", () => {
    const { webhook, routing } = createWebhook();
    const target = db.addTarget({ webhookId: webhook.id });
    routing.findTarget(target.id);
    db.mainDb.webhooks.update({ ...webhook, name: "Store" });
    expect(routing.findTarget(target.id)?.webhookName).toBe("Store");
  });
});

describe("listeners", () => {
  test("hear the webhook of every change, after it is visible, until they leave", () => {
    const { webhook, entrypoint, routing } = createWebhook();
    const heard: [string, boolean][] = [];
    const leave = routing.onInvalidate((id) => {
      heard.push([id, routing.findRoute(entrypoint.id) === null]);
    });
    db.mainDb.entrypoints.update({ ...entrypoint, name: "Returns" });
    db.mainDb.webhooks.softDelete({ id: webhook.id, at: db.clock.now() });
    leave();
    db.mainDb.webhooks.update({ ...webhook, name: "Store" });
    expect(heard).toEqual([
      [webhook.id, false],
      [webhook.id, true],
    ]);
  });
});

test("the targets of a webhook are those that are not deleted, active or not", () => {
  const { user, webhook, routing } = createWebhook();
  const other = db.addWebhook({ userId: user.id, name: "Other" });
  const own = [{}, { active: false }].map((values) => db.addTarget({ webhookId: webhook.id, ...values }).id);
  const deleted = db.addTarget({ webhookId: webhook.id });
  db.addTarget({ webhookId: other.id });
  db.mainDb.targets.softDelete({ webhookId: webhook.id, id: deleted.id, at: 1 });
  expect(routing.listTargetIds(webhook.id)).toEqual(own.toSorted());
});
