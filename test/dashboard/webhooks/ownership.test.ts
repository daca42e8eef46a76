import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type SourcePages, startSourcePages } from "../../support/webhook-pages.ts";

let all: SourcePages;

beforeAll(async () => {
  all = await startSourcePages();
});

afterAll(() => all.stop());

describe("another user's webhook", () => {
  test("is not found on any URL, and stays unchanged", async () => {
    const { id: webhookId } = all.webhook;
    const before = await snapshot();
    const ids: Readonly<Record<string, string>> = {
      ":id": webhookId,
      ":entrypointId": all.entrypoint.id,
      ":targetId": all.target.id,
    };
    const own = all.pages.routes.filter(({ path }) => path.includes(":id"));
    expect(own.length).toBeGreaterThan(15);
    for (const { method, path } of own) {
      const address = path.replaceAll(/:\w+/g, (name) => ids[name] ?? name);
      const options = { as: all.bob };
      const { status } =
        method === "GET"
          ? await all.pages.get(address, options)
          : await all.pages.post(address, { name: "Mine", type: "log" }, options);
      expect(`${method} ${path} ${status}`).toBe(`${method} ${path} 404`);
    }
    expect(await snapshot()).toEqual(before);
    expect(all.tests).toEqual([]);
  });

  test("cannot be reached through one's own webhook", async () => {
    const { id } = await all.useCases.webhooks.create({ userId: all.bob, input: { name: "Bob's" } });
    for (const part of [`entrypoints/${all.entrypoint.id}`, `targets/${all.target.id}`]) {
      for (const act of ["toggle", "delete"]) {
        const { status } = await all.pages.post(`/source/${id}/${part}/${act}`, {}, { as: all.bob });
        expect(status).toBe(404);
      }
    }
    expect((await all.useCases.targets.get({ ...all.of, targetId: all.target.id })).active).toBe(true);
  });

  async function snapshot() {
    return {
      webhook: await all.useCases.webhooks.get(all.of),
      entrypoints: await all.useCases.entrypoints.list(all.of),
      targets: await all.useCases.targets.list(all.of),
    };
  }
});

test("invalid ids are not found", async () => {
  for (const id of ["x", "%00", "..%2f", "'; DROP TABLE webhooks; --"]) {
    const { status } = await all.pages.get(`/source/${encodeURIComponent(id)}`);
    expect(status).toBe(404);
  }
});
