/** Whether the copies that a node finds in its folder are what the log makes of them. */
import { expect, test } from "bun:test";
import { hasNewerFiles, hasRowsOfItsOwn } from "../../../src/server/cluster/take-seat.ts";
import { eventMigrations } from "../../../src/storage/event-db/migrations/index.ts";

test.each([
  [{ hasUnshipped: true, owner: "two", isTold: true }],
  [{ hasUnshipped: true, owner: null, isTold: true }],
  [{ hasUnshipped: true, owner: "one", isTold: false }],
  [{ hasUnshipped: false, owner: "two", isTold: false }],
])(
  "whether a node's main database is in doubt when it starts follows from its claim: %o",
  ({ hasUnshipped, owner, isTold }) => {
    const now = { node: "one", owner: owner === null ? null : { node: owner } };
    expect(hasRowsOfItsOwn({ hasUnshipped }, now)).toBe(isTold);
  },
);

test("event files are of a later version if their schema is, and of none if that was never noted", () => {
  const known = eventMigrations.length;
  expect([null, known - 1, known, known + 1].map((eventSchema) => hasNewerFiles({ eventSchema }))).toEqual([
    ...[false, false, false, true],
  ]);
});
