/** Runs queries that do not end by themselves, and prints the process ids once they are under way. */
import { createSqlWorld } from "./support.ts";

const world = await createSqlWorld({ timeMs: 600_000 });
const ENDLESS = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT count(*) FROM r";
for (const _ of [1, 2]) world.run(ENDLESS).catch(() => undefined);
// The children have read their orders once they have the file open.
while (world.sqlConsole.pids().length < 2) await new Promise((resolve) => setImmediate(resolve));
process.stdout.write(`${world.sqlConsole.pids().join(" ")}\n`);
setInterval(() => {}, 60_000);
