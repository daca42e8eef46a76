/** `webhooker cluster leave` on the stopped data of a node. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { leaveCluster } from "../../../src/cli/cluster/leave-cluster.ts";
import { loadConfig } from "../../../src/config.ts";
import { newId } from "../../../src/lib/ids.ts";
import { createTestMainDb, type TestMainDb } from "../../support/main-db.ts";
import { appErrorOf } from "../../support/thrown.ts";

let main: TestMainDb;
let dataDir: string;

beforeEach(() => {
  main = createTestMainDb();
  dataDir = dirname(main.path);
});

afterEach(() => main.dispose());

async function leave(isConfirmed: boolean): Promise<string> {
  const out: string[] = [];
  await leaveCluster(
    {
      out: (line) => out.push(line),
      err: () => undefined,
      loadConfig: () => loadConfig({ DATA_DIR: dataDir, DBURL: `sqlite://${main.path}` }),
      clock: main.clock,
    },
    { isConfirmed },
  );
  return out.join("\n");
}

const names = () => readdirSync(dataDir).filter((name) => /^(awaited|ready)-/.test(name));

test("nothing is left of imports, so that the events which the node lacks count as lost", async () => {
  const { id: webhookId } = main.addWebhook({ userId: main.addUser().id });
  main.mainDb.replication.join({ born: "log", position: 7, role: "following" });
  writeFileSync(join(dataDir, `awaited-${webhookId}`), "9");
  writeFileSync(join(dataDir, `ready-2-${newId()}.db`), "a file");
  const asked = await appErrorOf(() => leave(false));
  expect(asked.message).toMatch(new RegExp(`imported webhooks .* missing too: ${webhookId}\\.`));
  expect(names()).toHaveLength(2);
  expect(await leave(true)).toContain("goes up to position 7");
  expect(names()).toEqual([]);
  expect(main.reopen().replication.state()).toBeNull();
});

test("a node that lacks nothing is told of no imports", async () => {
  main.mainDb.replication.join({ born: "log", position: 7, role: "following" });
  // Its webhook was deleted meanwhile.
  writeFileSync(join(dataDir, `awaited-${newId()}`), "9");
  expect((await appErrorOf(() => leave(false))).message).not.toContain("imported");
});
