import { afterEach, beforeEach, describe, expect, mock, test } from "bun:test";
import { newId } from "../../src/lib/ids.ts";
import { readWebhookSettings } from "../../src/settings/webhook-settings.ts";
import { gate, turn } from "../storage/storage-world.ts";
import { appErrorOf, thrownBy } from "../support/thrown.ts";
import { createTestUseCases, type TestUseCases } from "../support/use-cases.ts";

let all: TestUseCases;

beforeEach(() => {
  all = createTestUseCases();
});

afterEach(() => all.dispose());

describe("creating a webhook", () => {
  test("trims its name and creates its event file before it is visible", async () => {
    const { useCases, eventFiles, ada, mainDb, clock } = all;
    const webhook = await useCases.webhooks.create({
      userId: ada,
      input: { name: "  Shop ", retention_days: 7 },
    });
    expect(webhook).toEqual({
      id: webhook.id,
      userId: ada,
      role: "owner",
      ownerId: ada,
      name: "Shop",
      settings: { ...readWebhookSettings(null), retention_days: 7 },
      eventsLostAt: null,
      externalId: null,
      createdAt: clock.now(),
      key: null,
      managedBy: null,
      updatedAt: clock.now(),
    });
    expect(eventFiles.calls).toEqual([`create ${webhook.id}`]);
    expect(await useCases.webhooks.list({ userId: ada })).toEqual([webhook]);
    expect(mainDb.webhooks.find(webhook.id)?.name).toBe("Shop");
  });

  test("leaves no webhook behind if its event file cannot be created", async () => {
    const { useCases, eventFiles, ada } = all;
    eventFiles.failWith = new Error("disk full");
    const act = () => useCases.webhooks.create({ userId: ada, input: { name: "Store" } });
    expect(await thrownBy(act)).toBe(eventFiles.failWith);
    expect(await useCases.webhooks.list({ userId: ada })).toEqual([]);
  });

  test("leaves no event file behind if its row cannot be written", async () => {
    const { useCases, eventFiles } = all;
    await thrownBy(() => useCases.webhooks.create({ userId: newId(), input: { name: "Shop" } }));
    const [made, removed] = eventFiles.calls;
    expect(removed).toBe(made?.replace("create", "delete"));
  });

  test("names every invalid field without repeating the input", async () => {
    const { useCases, ada, eventFiles } = all;
    const input = { name: "   ", retention_days: 0.5, colour: "tomato" };
    const error = await appErrorOf(() => useCases.webhooks.create({ userId: ada, input }));
    expect(error.kind).toBe("invalid");
    expect(error.details?.map((fault) => fault.path).sort()).toEqual(["colour", "name", "retention_days"]);
    expect(JSON.stringify(error.details)).not.toContain("tomato");
    expect(eventFiles.calls).toEqual([]);
  });

  test("refuses what is not a webhook", async () => {
    const { useCases, ada: userId } = all;
    const retention = { name: "x", retention_days: 0 };
    const wrong = [undefined, null, [], "x", {}, { name: 1 }, { name: "x".repeat(201) }, retention];
    for (const input of wrong) {
      expect((await appErrorOf(() => useCases.webhooks.create({ userId, input }))).kind).toBe("invalid");
    }
    expect(await useCases.webhooks.list({ userId })).toEqual([]);
  });
});

describe("changing a webhook", () => {
  test("keeps omitted fields and accepts null for the default retention", async () => {
    const { useCases, ada: userId, clock } = all;
    const { webhooks } = useCases;
    const made = await webhooks.create({ userId, input: { name: "Shop", retention_days: 7 } });
    clock.advance(5);
    const renamed = await webhooks.update({ userId, webhookId: made.id, input: { name: "Store" } });
    expect(renamed).toEqual({ ...made, name: "Store", updatedAt: clock.now() });
    const reset = await webhooks.update({ userId, webhookId: made.id, input: { retention_days: null } });
    expect(reset).toEqual({ ...renamed, settings: { ...renamed.settings, retention_days: null } });
    const limit = { retention_bytes: 1_048_576 };
    const limited = await webhooks.update({ userId, webhookId: made.id, input: limit });
    expect(limited).toEqual({ ...reset, settings: { ...reset.settings, ...limit } });
    const kept = await webhooks.update({ userId, webhookId: made.id, input: { name: "Store" } });
    expect(kept.settings.retention_bytes).toBe(1_048_576);
    const unlimited = { retention_bytes: null };
    expect(
      (await webhooks.update({ userId, webhookId: made.id, input: unlimited })).settings.retention_bytes,
    ).toBeNull();
    expect(await webhooks.get({ userId, webhookId: made.id })).toEqual(reset);
  });
});

describe("removing a webhook", () => {
  test("removes its entrypoints, targets and event file too", async () => {
    const { useCases, ada: userId, eventFiles, mainDb } = all;
    const { id: webhookId } = await useCases.webhooks.create({ userId, input: { name: "Store" } });
    const entrypoint = await useCases.entrypoints.create({ userId, webhookId, input: {} });
    const input = { name: "Log", type: "log" };
    const target = await useCases.targets.create({ userId, webhookId, input });
    expect(mainDb.routing.findRoute(entrypoint.id)?.targets).toHaveLength(1);
    await useCases.webhooks.remove({ userId, webhookId });
    expect(eventFiles.calls).toEqual([`create ${webhookId}`, `delete ${webhookId}`]);
    expect(mainDb.routing.findRoute(entrypoint.id)).toBeNull();
    expect(mainDb.routing.findTarget(target.id)?.deleted).toBe(true);
    expect((await appErrorOf(() => useCases.webhooks.remove({ userId, webhookId }))).kind).toBe("not_found");
    const inIt = { userId, webhookId };
    expect((await appErrorOf(() => useCases.entrypoints.list(inIt))).kind).toBe("not_found");
  });

  test("keeps its file until the deletion is on disk", async () => {
    const { passed, open } = gate();
    const sync = mock(async () => {});
    const upkeep = { sync, checkpoint: async () => {}, restartWal: async () => {} };
    const { useCases, eventFiles, ada: userId, dispose } = createTestUseCases({ upkeep, onError: () => {} });
    const { id: webhookId } = await useCases.webhooks.create({ userId, input: { name: "Store" } });
    sync.mockReturnValueOnce(passed);
    const removed = useCases.webhooks.remove({ userId, webhookId });
    await turn();
    expect(sync).toHaveBeenCalledTimes(1);
    expect(eventFiles.calls).toEqual([`create ${webhookId}`]);
    open();
    await removed;
    expect(eventFiles.calls).toEqual([`create ${webhookId}`, `delete ${webhookId}`]);
    dispose();
  });

  test("hides it even while its file cannot be removed", async () => {
    const { useCases, ada: userId, eventFiles } = all;
    const { id: webhookId } = await useCases.webhooks.create({ userId, input: { name: "Store" } });
    eventFiles.failWith = new Error("read-only file system");
    expect(await thrownBy(() => useCases.webhooks.remove({ userId, webhookId }))).toBe(eventFiles.failWith);
    expect(await useCases.webhooks.list({ userId })).toEqual([]);
  });
});
