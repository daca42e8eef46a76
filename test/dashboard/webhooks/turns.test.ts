/** The list of webhooks does not block the event loop while it reads them all. */
import { expect, spyOn, test } from "bun:test";
import { startSourcePages } from "../../support/webhook-pages.ts";

test("a list of webhooks is read over several turns of the event loop", async () => {
  const many = await startSourcePages();
  for (let index = 1; index <= 20; index++)
    await many.useCases.webhooks.create({ userId: many.bob, input: { name: `Hook ${index}` } });
  const read = spyOn(many.useCases.targets, "list");
  const perTurn: number[] = [];
  let next = setImmediate(function count() {
    perTurn.push(read.mock.calls.length - perTurn.reduce((sum, reads) => sum + reads, 0));
    next = setImmediate(count);
  });
  await many.pages.get("/sources", { as: many.bob });
  clearImmediate(next);
  expect(read).toHaveBeenCalledTimes(20);
  expect(Math.max(...perTurn)).toBe(10);
  await many.stop();
});
