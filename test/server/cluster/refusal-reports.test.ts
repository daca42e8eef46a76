import { expect, test } from "bun:test";
import type { RefusalReport } from "../../../src/ingest/refusal-gathering.ts";
import { startRefusalReports } from "../../../src/server/cluster/refusal-reports.ts";
import { createFakeClock } from "../../support/fake-clock.ts";

const REPORT = { entrypointId: "e", refused: { network: 1 }, isAccepting: false };

test("what a node refused goes to the leader, to the node itself if it leads by then, and back if nobody takes it", async () => {
  const clock = createFakeClock();
  let gathered: readonly RefusalReport[] = [];
  let isLeading = false;
  let isTaken = true;
  const sent: RefusalReport[] = [];
  const added: RefusalReport[] = [];
  const stop = startRefusalReports({
    refusals: {
      takeReports() {
        const taken = gathered;
        gathered = [];
        return taken;
      },
      addReports: (reports) => void added.push(...reports),
    },
    isLeading: () => isLeading,
    async send(reports) {
      sent.push(...reports);
      return isTaken ? [] : reports;
    },
    clock,
  });
  const pass = async () => {
    gathered = [REPORT];
    clock.advance(5_000);
    await Promise.resolve();
    await Promise.resolve();
    return [sent.length, added.length];
  };
  expect(await pass()).toEqual([1, 0]);
  isTaken = false;
  expect(await pass()).toEqual([2, 1]);
  isLeading = true;
  expect(await pass()).toEqual([2, 2]);
  stop();
  expect(await pass()).toEqual([2, 2]);
});
