/** A node without event files takes what any node may store, applies nothing, and makes no file. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { newId } from "../../../src/lib/ids.ts";
import { appErrorOf } from "../../support/thrown.ts";
import { dedupKey, draft } from "../storage-world.ts";
import { createNodes, type Nodes, type TestNode } from "./applier-world.ts";

let nodes: Nodes;
let keeper: TestNode;
let spare: TestNode;

beforeEach(async () => {
  nodes = createNodes();
  keeper = nodes.add("keeper");
  spare = nodes.add("spare", { keeps: false });
  await keeper.lead();
});

afterEach(() => nodes.dispose());

const event = () => draft({ webhookId: "w1", targets: [] });

test("events that a spare takes are at the keepers, and the spare has no file", async () => {
  const [taken, other] = [event(), event()];
  expect(await spare.writer.append(taken)).toEqual({ eventId: taken.id, isDuplicate: false });
  await keeper.writer.append(other);
  await nodes.settled();
  expect(keeper.world.storedIds("w1").toSorted()).toEqual([taken.id, other.id].toSorted());
  expect(existsSync(spare.world.files.pathOf("w1"))).toBeFalse();
  expect(spare.applier.takeTouched()).toEqual([]);
});

test("a duplicate is answered without time passing, and the keepers drop it", async () => {
  const first = event();
  for (const each of [first, event()]) {
    const command = { name: "appendOnce", draft: each, dedupKey: dedupKey() } as const;
    expect(await spare.writer.run("w1", command)).toEqual({ eventId: each.id, isDuplicate: false });
  }
  await nodes.settled();
  expect(keeper.world.storedIds("w1")).toEqual([first.id]);
});

test("another request with a known key is stored, as it was acknowledged before it could be refused", async () => {
  const drafts = [event(), event()];
  for (const each of drafts) {
    const key = dedupKey({ body: each.id, differing: "refuse" });
    await spare.writer.run("w1", { name: "appendOnce", draft: each, dedupKey: key });
  }
  await nodes.settled();
  expect(keeper.world.storedIds("w1").toSorted()).toEqual(drafts.map(({ id }) => id).toSorted());
});

test("an event that the log does not take is not acknowledged", async () => {
  spare.log.cut();
  expect((await appErrorOf(() => spare.writer.append(event()))).kind).toBe("unavailable");
  spare.log.mend();
});

test("changes that are the leader's are refused", async () => {
  const replay = { name: "replay", eventId: newId(), targetIds: [], now: 0 } as const;
  expect((await appErrorOf(() => spare.writer.run("w1", replay))).code).toBe("not_leading");
  expect(nodes.log.entries.filter(({ kind }) => kind === "record")).toHaveLength(0);
});
