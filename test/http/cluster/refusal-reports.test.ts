/** The leader gets what followers refused, from nodes only; what it does not take is not lost. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { NodeAddress } from "../../../src/http/cluster/forward.ts";
import {
  createRefusalSender,
  REFUSALS_PATH,
  refusalRoutes,
} from "../../../src/http/cluster/refusal-reports.ts";
import { signedPath } from "../../../src/http/cluster/signed-body.ts";
import { signaturesOf, startNode } from "./pair.ts";

const REPORT = { entrypointId: "e", refused: { verification: 3 }, isAccepting: true };

let isLeader: boolean;
let added: unknown[];
let leader: ReturnType<typeof startNode>;
let known: NodeAddress | null;
const send = createRefusalSender({ leader: () => known, signatures: signaturesOf("b") });

beforeEach(() => {
  isLeader = true;
  added = [];
  const add = (reports: readonly unknown[]) => void added.push(...reports);
  leader = startNode("a", () => null, { routes: refusalRoutes({ isLeader: () => isLeader, add }) });
  known = { node: "a", url: leader.url };
});

afterEach(() => leader.stop());

describe("a report of refusals", () => {
  test("reaches the leader, however many there are", async () => {
    const reports = Array.from({ length: 2_500 }, (_, n) => ({ ...REPORT, entrypointId: `e${n}` }));
    expect(await send(reports)).toEqual([]);
    expect(added).toEqual(reports);
  });

  test("is given back where no leader takes it", async () => {
    isLeader = false;
    expect(await send([REPORT])).toEqual([REPORT]);
    known = null;
    expect(await send([REPORT])).toEqual([REPORT]);
    expect(added).toEqual([]);
  });

  test("is taken from nodes only, only as it was signed, and only in its form", async () => {
    const post = (path: string, headers: Readonly<Record<string, string>>, body: string) =>
      fetch(`${leader.url}${path}`, { method: "POST", headers, body });
    const body = JSON.stringify([REPORT]);
    const path = signedPath(REFUSALS_PATH, body);
    const signed = signaturesOf("b").sign({ method: "POST", path, client: null });
    expect((await post(path, {}, body)).status).toBe(403);
    expect((await post(path, signed, body.replace("3", "4"))).status).toBe(403);
    const odd = JSON.stringify([{ ...REPORT, refused: { verification: -1 } }]);
    const oddPath = signedPath(REFUSALS_PATH, odd);
    const oddSigned = signaturesOf("b").sign({ method: "POST", path: oddPath, client: null });
    expect((await post(oddPath, oddSigned, odd)).ok).toBe(false);
    expect(added).toEqual([]);
    expect((await post(path, signed, body)).status).toBe(200);
  });
});
