/** After bits flipped in the main database or its WAL, it opens, or reports the fault with a hint. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { AppError } from "../../../src/lib/errors.ts";
import { openMainDb } from "../../../src/storage/main-db/open.ts";
import { createTestMainDb } from "../../support/main-db.ts";

// Reached only if the machine hangs.
setDefaultTimeout(120_000);

const RUNS = 60;
/** Shares of the file's bits, so that small and large files are hit alike. */
const flips = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
  minLength: 1,
  maxLength: 6,
});

test.each(["", "-wal"])(
  "bits flipped in the main database%s end no process: it opens, or says why",
  (hit) => {
    const main = createTestMainDb();
    const { id: userId } = main.addUser();
    for (let n = 0; n < 20; n++) main.addEntrypoint({ webhookId: main.addWebhook({ userId }).id });
    const folder = join(main.directory, "copy");
    const path = join(folder, "main.db");
    // Copied while the database is open, as a crash would leave it: its rows are in the WAL.
    const saved = ["", "-wal"].map((end) => ({ end, bytes: readFileSync(main.path + end) }));
    mkdirSync(folder);
    fc.assert(
      fc.property(flips, (positions) => {
        for (const { end, bytes } of saved) {
          const copy = Buffer.from(bytes);
          if (end === hit) {
            for (const position of positions) {
              const bit = Math.floor(position * copy.length * 8);
              copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
            }
          }
          writeFileSync(path + end, copy);
        }
        rmSync(`${path}-shm`, { force: true });
        try {
          openMainDb({ path, clock: main.clock }).close();
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          expect(error.code).toMatch(/^(main_database_(damaged|unavailable)|newer_database)$/);
          expect(error.hint).toBeString();
        }
      }),
      { numRuns: RUNS },
    );
    expect(existsSync(path)).toBe(true);
    main.dispose();
  },
);
