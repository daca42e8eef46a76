import { describe, expect, test } from "bun:test";
import { findClusterFaults, roleOf } from "../../../src/http/cluster/cluster-status.ts";
import { createStatusReader } from "../../../src/server/cluster/status.ts";
import type { Beat } from "../../../src/storage/cluster/beat.ts";
import type { LogHead } from "../../../src/storage/cluster/event-log.ts";
import type { HeardNode } from "../../../src/storage/cluster/leadership.ts";
import { createFakeClock } from "../../support/fake-clock.ts";

const HEAD: LogHead = { first: 5, last: 20_000, bytes: 1_000, maxBytes: 9_000, born: "b" };
const KEEPERS = ["a", "b"];
const BEAT: Beat = {
  url: "http://n",
  version: "1.0.0",
  leads: null,
  applied: 0,
  synced: 0,
  isDraining: false,
  format: 1,
  needsUpgrade: false,
  files: "all",
  copies: 2,
  room: 0,
};

function readerOf(
  nodes: readonly (Partial<Beat> & { node: string; ago?: number; aheadMs?: number })[],
  head: () => Promise<LogHead> = async () => HEAD,
) {
  const clock = createFakeClock();
  const heard = nodes.map(({ node, ago = 100, aheadMs, ...beat }): HeardNode => {
    const ahead = aheadMs === undefined ? {} : { aheadMs };
    return { node, at: clock.monotonic() - ago, beat: { ...BEAT, ...beat }, ...ahead };
  });
  const member = { node: "b", nodes: () => heard, epoch: () => 3, head, copies: 2 };
  return { clock, read: createStatusReader({ member, listKeepers: () => KEEPERS, clock }) };
}

describe("the status of a cluster", () => {
  test("has each node's part, how far it is behind the log's end, and the log's size", async () => {
    const { read } = readerOf([
      { node: "c", applied: 19_000, synced: 18_000 },
      { node: "a", applied: 20_000, synced: 19_500, leads: 3 },
      { node: "b", applied: 20_000, synced: 20_000, isDraining: true },
    ]);
    const status = await read();
    expect(status).toMatchObject({ node: "b", leader: { node: "a", epoch: 3 } });
    expect(status.log).toEqual({ first: 5, last: 20_000, bytes: 1_000, max_bytes: 9_000 });
    expect(status.nodes.map((each) => [each.node, roleOf(each), each.lag, each.synced])).toEqual([
      ["a", "leads", 0, 19_500],
      ["b", "drained", 0, 20_000],
      ["c", "follows", 1_000, 18_000],
    ]);
    expect(findClusterFaults(status)).toEqual([]);
  });

  test("names no leader whose beats are old, and none of an earlier epoch", async () => {
    for (const node of [
      { node: "a", leads: 3, ago: 60_000 },
      { node: "a", leads: 2 },
    ]) {
      const status = await readerOf([node, { node: "b" }, { node: "c" }]).read();
      expect(status.leader).toBeNull();
      expect(findClusterFaults(status)).toContain("No node leads.");
    }
  });

  test("says how many nodes with event files are missing, and what helps", async () => {
    const leads = { node: "a", leads: 3, applied: 20_000 };
    const spare = { node: "c", files: "none", applied: 20_000 } as const;
    const faultsOf = async (...nodes: Parameters<typeof readerOf>[0]) =>
      findClusterFaults(await readerOf(nodes).read());
    expect(await faultsOf(leads, spare, { node: "b", files: "coming", applied: 0 })).toEqual([
      "1 of 2 nodes with event files is heard. Being copied to: b.",
    ]);
    expect(await faultsOf(leads, spare, { node: "b", files: "none", applied: 20_000 })).toEqual([
      "1 of 2 nodes with event files is heard. Start another node with room for them.",
    ]);
    expect(await faultsOf(spare, { ...spare, node: "d" })).toEqual([
      "No node leads.",
      "No node with event files is heard: events are kept in the log only, and nothing is delivered. Start a or b.",
    ]);
  });

  test("says which node lags far behind, and that too few are heard", async () => {
    const lagging = await readerOf([
      { node: "a", leads: 3, applied: 20_000 },
      { node: "c", applied: 9_999 },
    ]).read();
    expect(findClusterFaults(lagging)).toEqual(["Node c lags 10,001 entries behind."]);
    const alone = await readerOf([
      { node: "a", leads: 3, applied: 20_000 },
      { node: "c", ago: 5_001 },
    ]).read();
    expect(findClusterFaults(alone)).toEqual([
      "Fewer than two nodes are heard.",
      "1 of 2 nodes with event files is heard. Silent: b. Start it, or if it is gone for good: webhooker cluster forget b",
    ]);
    expect(alone.nodes.map(roleOf)).toEqual(["leads", "silent"]);
  });

  test("says whose clock differs from the leader's, whichever node tells it", async () => {
    const nodes = [
      { node: "a", leads: 3, applied: 20_000, aheadMs: -3_600_000 },
      { node: "b", applied: 20_000, aheadMs: 0 },
      { node: "c", applied: 20_000, aheadMs: -3_605_000 },
      { node: "d", applied: 20_000, aheadMs: -3_610_000 },
      { node: "earlier", applied: 20_000 },
    ];
    expect(findClusterFaults(await readerOf(nodes).read())).toEqual([
      "The clock of node b is 3,600 s ahead of that of a, which leads: events that it takes are delivered that much later. Set the clock that is wrong.",
      "The clock of node d is 10 s behind that of a, which leads: the times of events that it takes are wrong. Set the clock that is wrong.",
    ]);
  });

  test("waits two seconds for the log's servers, and then counts from what nodes have applied", async () => {
    const nodes = [
      { node: "a", leads: 3, applied: 50 },
      { node: "b", applied: 40 },
    ];
    const { clock, read } = readerOf(nodes, () => new Promise(() => undefined));
    const reading = read();
    clock.advance(2_000);
    const status = await reading;
    expect(status.log).toBeNull();
    expect(status.nodes.map(({ lag }) => lag)).toEqual([0, 10]);
    expect(findClusterFaults(status)).toEqual(["The servers of the log do not answer."]);
    const failing = readerOf(nodes, () => Promise.reject(new Error("cut off")));
    expect((await failing.read()).log).toBeNull();
  });
});
