/** Ids that are made of others. */
import { expect, test } from "bun:test";
import { derivedId, isId, newId, newIdAt, timeOfId } from "../../src/lib/ids.ts";

test("a derived id is the same on every machine and in every version", () => {
  const made = derivedId("01a22948-df5b-7789-9914-fade85c4c31f", "01a22948-d012-75b2-81d5-2ed7f93159d8");
  expect(made).toBe("01a22948-df5b-7789-80cf-81766efea507");
});

test("derived ids are ids, each another one, and sort as the ids that they are made of", () => {
  const ids = Array.from({ length: 500 }, (_, at) => newIdAt(1_790_000_000_000 + at));
  const others = Array.from({ length: 20 }, newId);
  const made = ids.map((id) => others.map((other) => derivedId(id, other)));
  const all = made.flat();
  expect(all.filter((id) => !isId(id))).toEqual([]);
  expect(new Set([...all, ...ids, ...others]).size).toBe(500 * 20 + 520);
  for (const [at, row] of made.entries()) {
    expect(new Set(row.map(timeOfId))).toEqual(new Set([1_790_000_000_000 + at]));
    const next = made[at + 1];
    if (next) expect((row.toSorted().at(-1) ?? "") < (next.toSorted()[0] ?? "")).toBe(true);
  }
});
