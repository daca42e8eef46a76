/** The rules by which nodes come to keep the event files. */
import { describe, expect, test } from "bun:test";
import type { Beat } from "../../../src/storage/cluster/beat.ts";
import { countCopies, planKeepers } from "../../../src/storage/cluster/keepers.ts";
import type { HeardNode } from "../../../src/storage/cluster/leadership.ts";

const NOW = 10_000_000;
const MINUTE = 60_000;
const GIB = 1024 ** 3;

function heard(node: string, more: Partial<Beat> & { ago?: number } = {}): HeardNode {
  const { ago = 100, ...beat } = more;
  const place = {
    url: `http://${node}`,
    version: "1",
    leads: null,
    applied: 0,
    synced: 0,
    format: 1,
    needsUpgrade: false,
  };
  const own = { isDraining: false, files: "all", copies: 2, room: 10 * GIB } as const;
  return { node, at: NOW - ago, beat: { ...place, ...own, ...beat } };
}

const spare = (node: string, more: Partial<Beat> & { ago?: number } = {}) =>
  heard(node, { files: "none", ...more });

function plan(
  listed: readonly string[],
  nodes: readonly HeardNode[],
  more: { copies?: number; since?: number } = {},
) {
  const { copies = 2, since = NOW - 60 * MINUTE } = more;
  return planKeepers({ listed, nodes, copies, bytes: GIB, since, now: NOW });
}

describe("a spare", () => {
  test("is promoted at once where fewer nodes are listed than there are to be copies", () => {
    const { promoted, missing } = plan(["a"], [heard("a"), spare("b"), spare("c")]);
    expect([promoted, missing]).toEqual([["b"], 0]);
  });

  test("stays one while a keeper is silent for a few minutes, and is promoted after ten", () => {
    const nodes = (ago: number) => [heard("a"), heard("b", { ago }), spare("c")];
    expect(plan(["a", "b"], nodes(9 * MINUTE)).promoted).toEqual([]);
    expect(plan(["a", "b"], nodes(10 * MINUTE)).promoted).toEqual(["c"]);
  });

  test("is promoted for a keeper that was never heard, ten minutes after the leader has begun", () => {
    const nodes = [heard("a"), spare("c")];
    expect(plan(["a", "b"], nodes, { since: NOW - 9 * MINUTE }).promoted).toEqual([]);
    expect(plan(["a", "b"], nodes, { since: NOW - 10 * MINUTE }).promoted).toEqual(["c"]);
  });

  test.each<[why: string, node: HeardNode]>([
    ["it is silent", spare("b", { ago: 6_000 })],
    ["it is drained", spare("b", { isDraining: true })],
    ["it has to be upgraded", spare("b", { needsUpgrade: true })],
    ["it has too little room", spare("b", { room: GIB })],
    ["it takes copies already", heard("b", { files: "coming" })],
  ])("is not promoted if %s", (_, node) => {
    expect(plan(["a"], [heard("a"), node])).toEqual({ found: [], promoted: [], missing: 1 });
  });

  test("is promoted before others if it has more room", () => {
    const nodes = [heard("a"), spare("b", { room: 5 * GIB }), spare("c", { room: 6 * GIB })];
    expect(plan(["a"], nodes).promoted).toEqual(["c"]);
    expect(plan(["a"], nodes, { copies: 3 }).promoted).toEqual(["c", "b"]);
  });
});

describe("a node that has all event files", () => {
  test("is listed, and no spare is promoted beside it", () => {
    const { found, promoted } = plan(["a"], [heard("a"), heard("b"), spare("c")]);
    expect([found, promoted]).toEqual([["b"], []]);
  });

  test("stays a keeper where it comes back after it was replaced", () => {
    const nodes = [heard("a"), heard("b"), heard("c")];
    expect(plan(["a", "c"], nodes).found).toEqual(["b"]);
    expect(plan(["a", "b", "c"], nodes)).toEqual({ found: [], promoted: [], missing: 0 });
  });

  test("counts while it takes copies anew", () => {
    expect(plan(["a", "b"], [heard("a"), heard("b", { files: "coming" }), spare("c")]).promoted).toEqual([]);
  });
});

test("copies are counted among the nodes that are heard, and the leader says how many there are to be", () => {
  const nodes = [heard("a", { leads: 4, copies: 3 }), heard("b", { ago: 6_000 }), spare("c"), heard("d")];
  expect(countCopies(nodes, { copies: 2, now: NOW })).toEqual({ wanted: 3, heard: 2 });
  expect(countCopies(nodes.slice(1), { copies: 2, now: NOW })).toEqual({ wanted: 2, heard: 1 });
});
