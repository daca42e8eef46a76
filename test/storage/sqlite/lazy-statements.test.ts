import { expect, test } from "bun:test";
import { prepareLazily } from "../../../src/storage/sqlite/lazy-statements.ts";

test("a statement is prepared at its first use, and once", () => {
  const prepared: string[] = [];
  const statements = prepareLazily({
    used: () => {
      prepared.push("used");
      return { run: () => 1 };
    },
    unused: () => {
      prepared.push("unused");
      return {};
    },
  });
  expect(prepared).toEqual([]);
  expect(statements.used.run()).toBe(1);
  expect(statements.used).toBe(statements.used);
  expect(prepared).toEqual(["used"]);
});

test("a statement that could not be prepared is prepared again at its next use", () => {
  let tries = 0;
  const statements = prepareLazily({
    late: () => {
      tries += 1;
      if (tries === 1) throw new Error("locked");
      return { tries };
    },
  });
  expect(() => statements.late).toThrow("locked");
  expect(statements.late.tries).toBe(2);
});
