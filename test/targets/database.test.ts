import { expect, test } from "bun:test";
import { databaseTarget } from "../../src/targets/database.ts";
import { describeTargetContract } from "./contract.ts";

describeTargetContract({
  type: "database",
  config: () => ({}),
  secrets: [],
  success: { status: 200, body: "" },
  remote: false,
});

test("the database target is settled by storing the event", () => {
  expect(databaseTarget.settlesAtIngest).toBe(true);
});
