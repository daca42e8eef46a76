import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { appErrorOf } from "../support/thrown.ts";
import { createTestUseCases, type TestUseCases } from "../support/use-cases.ts";

let all: TestUseCases;
let of: { userId: string; webhookId: string };

beforeEach(async () => {
  all = createTestUseCases();
  const webhook = await all.useCases.webhooks.create({ userId: all.ada, input: { name: "Shop" } });
  of = { userId: all.ada, webhookId: webhook.id };
});

afterEach(() => all.dispose());

describe("entrypoints", () => {
  test("are active, have a name and an id that tells no time, unless said otherwise", async () => {
    const { useCases, clock } = all;
    const made = await useCases.entrypoints.create({ ...of, input: {} });
    expect(made).toEqual({
      id: made.id,
      webhookId: of.webhookId,
      name: "Entrypoint",
      active: true,
      verification: null,
      createdAt: clock.now(),
      updatedAt: clock.now(),
    });
    expect(made.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    const input = { name: "Returns", active: false };
    const paused = await useCases.entrypoints.create({ ...of, input });
    expect(paused).toMatchObject(input);
    const listed = await useCases.entrypoints.list(of);
    expect(listed).toHaveLength(2);
    expect(listed).toContainEqual(made);
  });

  test("route from the moment they are made, and follow every change at once", async () => {
    const { useCases, clock, mainDb } = all;
    const made = await useCases.entrypoints.create({ ...of, input: { name: "Orders" } });
    const one = { ...of, entrypointId: made.id };
    expect(mainDb.routing.findRoute(made.id)?.active).toBe(true);
    clock.advance(5);
    const paused = await useCases.entrypoints.setActive({ ...one, active: false });
    expect(paused).toEqual({ ...made, active: false, updatedAt: clock.now() });
    expect(mainDb.routing.findRoute(made.id)?.active).toBe(false);
    const changed = await useCases.entrypoints.update({ ...one, input: { name: "Sales" } });
    expect(changed).toEqual({ ...paused, name: "Sales" });
    await useCases.entrypoints.update({ ...one, input: { active: true } });
    expect(mainDb.routing.findRoute(made.id)?.active).toBe(true);
    await useCases.entrypoints.remove(one);
    expect(mainDb.routing.findRoute(made.id)).toBeNull();
    expect(await useCases.entrypoints.list(of)).toEqual([]);
  });

  test("refuse unknown and faulty fields", async () => {
    const input = { active: "yes", verification: {} };
    const error = await appErrorOf(() => all.useCases.entrypoints.create({ ...of, input }));
    expect(error.message).toBe("The entrypoint is not valid.");
    expect(error.details?.map((fault) => fault.path).sort()).toEqual(["active", "verification.type"]);
  });
});
