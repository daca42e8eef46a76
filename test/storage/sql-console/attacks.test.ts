import { afterAll, beforeAll, expect, test } from "bun:test";
import { copyFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../../../src/lib/errors.ts";
import { readRows } from "../../../src/storage/sql-console/child/read-rows.ts";
import { USUAL_LIMITS } from "../../../src/storage/sql-console/sql-console.ts";
import { thrownBy } from "../../support/thrown.ts";
import { type Attack, attacksOn } from "./attacks.ts";
import { createSqlWorld, isRunning, lookAt, type SqlWorld } from "./support.ts";

const MOST_MEMORY_KB = 200 * 1024;
/** Stands for the folder, which is made later. */
const FOLDER = "FOLDER";
const attacks = attacksOn(FOLDER).map((attack) => [attack.name, attack] as const);

let world: SqlWorld;

beforeAll(async () => {
  world = await createSqlWorld({ timeMs: 1_500 });
  for (let count = 0; count < 20; count++) {
    await world.append({ webhookId: world.webhookId, body: Buffer.from(`{"n":${count}}`) });
  }
  // A file that attacks name, and a copy to be read in this process, where nothing else has it open.
  copyFileSync(world.files.pathOf(world.webhookId), join(world.dataDir, "other.db"));
  copyFileSync(world.files.pathOf(world.webhookId), join(world.dataDir, "copy.db"));
});
afterAll(() => world.dispose());

/** Runs SQL as the child does. */
function endHere(sql: string): string {
  const order = { ...USUAL_LIMITS, params: [], newest: 100, maxRows: 100, format: "json" as const };
  const names = { entrypoints: [], targets: [] };
  const read = readRows({ ...order, names, path: join(world.dataDir, "copy.db"), sql });
  if (!("fault" in read)) return "harmless";
  return read.fault.message.startsWith("A value is larger") && sql.length < 60_000 ? "too big" : "refused";
}

test.each(attacks.filter(([, { end }]) => end !== "ended"))("%s", (_name, { sql, end }: Attack) => {
  expect(endHere(sql.replaceAll(FOLDER, world.dataDir))).toBe(end);
  expect(existsSync(join(world.dataDir, "stolen.db"))).toBe(false);
});

type Seen = Readonly<{ end: string; pids: ReadonlySet<number>; peakKb: number; files: ReadonlySet<string> }>;

/** Runs SQL in a child and watches that. */
async function watch(sql: string): Promise<Seen> {
  let isOver = false;
  let peakKb = 0;
  const [pids, files] = [new Set<number>(), new Set<string>()];
  const run = endOf(sql.replaceAll(FOLDER, world.dataDir)).finally(() => {
    isOver = true;
  });
  while (!isOver) {
    for (const pid of world.sqlConsole.pids()) {
      const seen = lookAt(pid);
      pids.add(pid);
      peakKb = Math.max(peakKb, seen.peakKb);
      for (const file of seen.files) files.add(file);
    }
    await Bun.sleep(1);
  }
  return { end: await run, pids, peakKb, files };
}

async function endOf(sql: string): Promise<string> {
  const error = await thrownBy(() => world.run(sql));
  if (!(error instanceof AppError)) throw error;
  return error.code === "query_too_slow" || error.code === "query_too_large" ? "ended" : error.code;
}

test.each(attacks.filter(([, { end }]) => end === "ended"))("%s", async (_name, { sql }: Attack) => {
  const seen = await watch(sql);
  expect(seen.end).toBe("ended");
  expect(seen.peakKb).toBeLessThan(MOST_MEMORY_KB);
  expect([...seen.pids].filter(isRunning)).toEqual([]);
  const path = world.files.pathOf(world.webhookId);
  const opened = [...seen.files].filter((file) => file.startsWith(world.dataDir));
  expect(opened.filter((file) => ![path, `${path}-wal`, `${path}-shm`].includes(file))).toEqual([]);
});

test("after all attacks, the file has what it had, and no process is left", () => {
  expect(world.storedIds(world.webhookId)).toHaveLength(20);
  expect(world.sqlConsole.pids()).toEqual([]);
});

test("system calls show that no file but the webhook's is opened or made", async () => {
  const strace = Bun.which("strace");
  if (strace === null) {
    process.stdout.write("strace is not installed: files that attacks open were looked up in /proc only.\n");
    return;
  }
  const trace = join(world.dataDir, "trace");
  const main = Bun.fileURLToPath(new URL("../../../src/main.ts", import.meta.url));
  const calls = "open,openat,creat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat";
  const program = [strace, "-D", "-f", "-A", "-o", trace, "-e", `trace=${calls}`, process.execPath, main];
  const traced = await createSqlWorld({ timeMs: 8_000, program });
  const others: string[] = [];
  // Tracing takes three times as long: those that would make or open a file, and a query that sorts.
  const some = attacksOn(traced.dataDir).filter(({ sql }) =>
    /stolen|other\.db|load_ext|TEMP T|DELETE/.test(sql),
  );
  for (const sql of [...some.map((attack) => attack.sql), "SELECT body FROM events ORDER BY random()"]) {
    await traced.run(sql).catch(() => undefined);
  }
  const path = traced.files.pathOf(traced.webhookId);
  for (const [, file = "", flags = ""] of readFileSync(trace, "utf8").matchAll(/"([^"]+)", ([A-Z_|]+)/g)) {
    const isOwn = [path, `${path}-wal`, `${path}-shm`].includes(file);
    if (file.endsWith(".db") && !isOwn) others.push(file);
    if (/O_CREAT|O_WRONLY/.test(flags) && !isOwn && !file.startsWith("/dev/"))
      others.push(`${file} ${flags}`);
  }
  expect(readFileSync(trace, "utf8")).toContain(path);
  expect([...new Set(others)]).toEqual([]);
  await traced.dispose();
  rmSync(trace);
});
