/** The leader lists who keeps the event files, takes in who joins, and forgets who is gone. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createKeeping, type Keeping } from "../../../src/server/cluster/keeping.ts";
import type { Beat } from "../../../src/storage/cluster/beat.ts";
import type { HeardNode } from "../../../src/storage/cluster/leadership.ts";
import { createTestMainDb, type TestMainDb } from "../../support/main-db.ts";
import { createRecordingLog } from "../../support/recording-log.ts";
import { appErrorOf } from "../../support/thrown.ts";

let main: TestMainDb;
let nodes: Map<string, HeardNode>;
let mayLead: boolean;
let bytes: number;
let keeping: Keeping;

beforeEach(() => {
  main = createTestMainDb();
  nodes = new Map();
  mayLead = true;
  bytes = 0;
  keeping = createKeeping({
    node: "a",
    copies: 2,
    mainDb: main.mainDb,
    nodes: () => [...nodes.values()],
    forgetNode: (node) => nodes.delete(node),
    mayLead: () => mayLead,
    measure: async () => bytes,
    clock: main.clock,
    log: createRecordingLog().log,
  });
  hear("a", {});
});

afterEach(() => {
  keeping.stop();
  main.dispose();
});

function hear(node: string, beat: Partial<Beat>): void {
  const place = {
    url: "",
    version: "1",
    leads: null,
    applied: 0,
    synced: 0,
    isDraining: false,
    format: 1,
    needsUpgrade: false,
  };
  const at = main.clock.monotonic();
  nodes.set(node, { node, at, beat: { ...place, files: "all", copies: 2, room: 1_000, ...beat } });
}

const listed = () => main.mainDb.keepers.list();

async function pass(ms: number): Promise<void> {
  main.clock.advance(ms);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe("a leader", () => {
  test("is listed as it begins, and lists those that have all files, as in a cluster of before", async () => {
    for (const node of ["b", "c"]) hear(node, {});
    await pass(1_000);
    expect(listed()).toEqual([]);
    keeping.lead();
    expect(listed()).toEqual(["a"]);
    await pass(1_000);
    expect(listed()).toEqual(["a", "b", "c"]);
  });

  test("promotes a spare that has room for what there is, and only while it may lead", async () => {
    keeping.lead();
    bytes = 900;
    hear("b", { files: "none" });
    await pass(1_000);
    expect(listed()).toEqual(["a"]);
    bytes = 100;
    mayLead = false;
    await pass(1_000);
    expect(listed()).toEqual(["a"]);
    mayLead = true;
    await pass(1_000);
    expect(listed()).toEqual(["a", "b"]);
  });

  test("takes the first nodes that join as keepers, and the next one as a spare", async () => {
    keeping.lead();
    await keeping.admit("b");
    await keeping.admit("c");
    await keeping.admit("b");
    expect(listed()).toEqual(["a", "b"]);
  });

  test("takes a node that joins with too little room as a spare", async () => {
    keeping.lead();
    bytes = 900;
    hear("b", { files: "coming" });
    await keeping.admit("b");
    expect(listed()).toEqual(["a"]);
  });
});

describe("a node that is gone", () => {
  test("is forgotten once it was silent for a while, and a spare replaces it", async () => {
    keeping.lead();
    hear("b", {});
    hear("c", { files: "none" });
    await pass(1_000);
    expect((await appErrorOf(() => keeping.forget("b"))).code).toBe("node_alive");
    await pass(10_000);
    hear("c", { files: "none" });
    await keeping.forget("b");
    expect(nodes.has("b")).toBeFalse();
    expect(listed()).toEqual(["a"]);
    await pass(1_000);
    expect(listed()).toEqual(["a", "c"]);
  });

  test("is not forgotten if it is unknown, leads, or is the last one with the files", async () => {
    main.mainDb.keepers.add("z", 0);
    expect((await appErrorOf(() => keeping.forget("z"))).code).toBe("last_keeper");
    keeping.lead();
    expect((await appErrorOf(() => keeping.forget("a"))).code).toBe("node_alive");
    expect((await appErrorOf(() => keeping.forget("x"))).kind).toBe("not_found");
    expect(listed()).toEqual(["a", "z"]);
  });
});
