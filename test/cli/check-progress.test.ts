import { expect, test } from "bun:test";
import { tellCheckProgress } from "../../src/cli/check-progress.ts";
import { createFakeClock } from "../support/fake-clock.ts";

test("a long check reports every few seconds which file it is checking, and for how long", () => {
  const clock = createFakeClock();
  const lines: string[] = [];
  const { note, stop } = tellCheckProgress({ clock, err: (line) => lines.push(line) });
  clock.advance(10_000);
  expect(lines).toEqual([]);
  const file = { database: "events-a.db", number: 2, eventFiles: 3, bytes: 12 * 1024 ** 3 };
  note({ ...file, part: "reading" });
  clock.advance(8_000);
  note({ ...file, part: "structure" });
  clock.advance(12_000);
  note({ ...file, part: "ledger" });
  note({ ...file, database: "events-b.db", number: 3, bytes: 2_048, part: "structure" });
  clock.advance(10_000);
  stop();
  clock.advance(60_000);
  expect(lines).toEqual([
    "2 of 3: events-a.db (12 GB), checking its structure, 10 s so far …",
    "2 of 3: events-a.db (12 GB), checking its structure, 20 s so far …",
    "3 of 3: events-b.db (2 KB), checking its structure, 10 s so far …",
  ]);
});
