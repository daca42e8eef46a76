import { expect, test } from "bun:test";
import { z } from "zod";
import { AppError } from "../../src/lib/errors.ts";
import { validate } from "../../src/webhooks/validate.ts";

const schema = z.strictObject({
  name: z.string().min(1).max(5).optional(),
  size: z.number().int().min(1).max(200).optional(),
  kind: z.enum(["drop", "store"]).optional(),
  list: z.array(z.string()).min(1).max(2).optional(),
  on: z.boolean().optional(),
  parts: z.record(z.string(), z.string()).optional(),
  own: z.string().regex(/^a$/, "must be a letter a").optional(),
  pattern: z.string().regex(/^a$/).optional(),
  age: z.coerce.number().optional(),
  named: z.record(z.string().max(3).regex(/^a/, "must begin with a"), z.string()).optional(),
});

test.each<[Record<string, unknown>, string, string]>([
  [{ name: "" }, "name", "must not be empty"],
  [{ name: "abcdef" }, "name", "must have at most 5 characters"],
  [{ name: 1 }, "name", "must be a string"],
  [{ size: 0 }, "size", "must be at least 1"],
  [{ size: 201 }, "size", "must be at most 200"],
  [{ size: 1.5 }, "size", "must be a whole number"],
  [{ size: "many" }, "size", "must be a number"],
  [{ kind: "neither" }, "kind", "must be one of: drop, store"],
  [{ list: [] }, "list", "must not be empty"],
  [{ list: ["a", "b", "c"] }, "list", "must have at most 2 entries"],
  [{ list: ["a", 1] }, "list.1", "must be a string"],
  [{ on: "yes" }, "on", "must be true or false"],
  [{ named: { b: "" } }, "named.b", "must begin with a"],
  [{ named: { abcd: "" } }, "named.abcd", "must have at most 3 characters"],
  [{ parts: [] }, "parts", "must be an object"],
  [{ own: "b" }, "own", "must be a letter a"],
  [{ pattern: "b" }, "pattern", "is not valid"],
  [{ age: "old" }, "age", "must be a number"],
  [{ colour: "red" }, "colour", "is not a known field"],
])("%p is refused in plain words", (value, path, message) => {
  expect(faultsOf(schema, value)).toEqual([{ path, message }]);
});

test("an absent value is missing, and a value of another type is told what it must be", () => {
  expect(faultsOf(z.object({ name: z.string() }), {})).toEqual([{ path: "name", message: "is missing" }]);
  expect(faultsOf(schema, "text")).toEqual([{ path: "", message: "must be an object" }]);
});

function faultsOf(of: z.ZodType, value: unknown) {
  try {
    validate({ schema: of, value, what: "thing" });
  } catch (error) {
    if (error instanceof AppError) return error.details;
    throw error;
  }
  return null;
}
