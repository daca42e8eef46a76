import { expect, test } from "bun:test";
import { AppError } from "../../src/lib/errors.ts";
import { createTargetTypes } from "../../src/targets/registry.ts";
import { createTestOutbound } from "../support/outbound.ts";
import { createRecordingLog } from "../support/recording-log.ts";

const types = createTargetTypes({ outbound: createTestOutbound(), log: createRecordingLog().log });

test("target types are listed once each, in the order in which forms offer them", () => {
  expect(types.list().map((type) => type.type)).toEqual(["http", "slack", "pull", "log", "database"]);
});

test("a target type is found by its name", () => {
  expect(types.find("http")).toBe(types.get("http"));
  expect(types.find("smtp")).toBeNull();
  expect(types.find("constructor")).toBeNull();
});

test("an unknown target type is the caller's mistake, with the known ones as a hint", () => {
  try {
    types.get("smtp");
    throw new Error("it was found");
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect([error.kind, error.details]).toEqual([
      "invalid",
      [{ path: "type", message: "must be one of: http, slack, pull, log, database" }],
    ]);
  }
});
