import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { appErrorOf } from "../support/thrown.ts";
import { createTestUseCases, type TestUseCases } from "../support/use-cases.ts";

let all: TestUseCases;
let webhookId: string;
let entrypointId: string;
let targetId: string;

beforeEach(async () => {
  all = createTestUseCases();
  const { ada: userId, useCases } = all;
  webhookId = (await useCases.webhooks.create({ userId, input: { name: "Shop" } })).id;
  entrypointId = (await useCases.entrypoints.create({ userId, webhookId, input: {} })).id;
  const input = { name: "Log", type: "log" };
  targetId = (await useCases.targets.create({ userId, webhookId, input })).id;
});

afterEach(() => all.dispose());

/** Every use case on an existing object. */
function everyUse(of: { userId: string; webhookId: string; entrypointId: string; targetId: string }) {
  const { webhooks, entrypoints, targets } = all.useCases;
  const input = { name: "Changed" };
  return {
    webhook: [
      () => webhooks.get(of),
      () => webhooks.update({ ...of, input }),
      () => webhooks.remove(of),
      () => entrypoints.list(of),
      () => entrypoints.create({ ...of, input }),
      () => targets.list(of),
      () => targets.create({ ...of, input: { name: "Other", type: "log" } }),
    ],
    parts: [
      () => entrypoints.get(of),
      () => entrypoints.update({ ...of, input }),
      () => entrypoints.setActive({ ...of, active: false }),
      () => entrypoints.remove(of),
      () => targets.get(of),
      () => targets.update({ ...of, input }),
      () => targets.setActive({ ...of, active: false }),
      () => targets.remove(of),
    ],
  };
}

async function snapshot() {
  const { webhooks, entrypoints, targets } = all.useCases;
  const of = { userId: all.ada, webhookId };
  return [await webhooks.list(of), await entrypoints.list(of), await targets.list(of)];
}

describe("another user's objects", () => {
  test("are not found by any use case, and stay unchanged", async () => {
    const before = await snapshot();
    const uses = everyUse({ userId: all.bob, webhookId, entrypointId, targetId });
    for (const use of [...uses.webhook, ...uses.parts]) {
      expect((await appErrorOf(use)).kind).toBe("not_found");
    }
    expect(await snapshot()).toEqual(before);
    expect(await all.useCases.webhooks.list({ userId: all.bob })).toEqual([]);
  });

  test("cannot be reached through one's own webhook", async () => {
    const before = await snapshot();
    const own = await all.useCases.webhooks.create({ userId: all.bob, input: { name: "Mine" } });
    const uses = everyUse({ userId: all.bob, webhookId: own.id, entrypointId, targetId });
    for (const use of uses.parts) expect((await appErrorOf(use)).kind).toBe("not_found");
    expect(await snapshot()).toEqual(before);
  });
});

test("invalid ids and ids of deleted objects are not found", async () => {
  const { ada: userId, useCases } = all;
  for (const id of ["", "1", "../etc", webhookId.toUpperCase(), "\u0000", "x".repeat(10_000)]) {
    const uses = everyUse({ userId, webhookId: id, entrypointId: id, targetId: id });
    for (const use of uses.webhook) expect((await appErrorOf(use)).message).toBe("No such webhook.");
    const inMine = everyUse({ userId, webhookId, entrypointId: id, targetId: id });
    for (const use of inMine.parts) expect((await appErrorOf(use)).kind).toBe("not_found");
  }
  await useCases.entrypoints.remove({ userId, webhookId, entrypointId });
  await useCases.targets.remove({ userId, webhookId, targetId });
  const { parts } = everyUse({ userId, webhookId, entrypointId, targetId });
  for (const use of parts) expect((await appErrorOf(use)).kind).toBe("not_found");
});
