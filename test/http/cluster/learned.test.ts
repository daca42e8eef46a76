/** A secret that a handshake brings to a follower is stored by the leader, or the sender is asked to try again. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { NodeAddress } from "../../../src/http/cluster/forward.ts";
import { createLearnedSender, LEARNED_PATH, learnedRoutes } from "../../../src/http/cluster/learned.ts";
import { AppError } from "../../../src/lib/errors.ts";
import { appErrorOf } from "../../support/thrown.ts";
import { signaturesOf, startNode } from "./pair.ts";

const LEARNED = {
  webhookId: "w",
  entrypointId: "e",
  type: "asana",
  secret: "hush",
  remoteAddress: "203.0.113.9",
};

let isLeader: boolean;
let kept: unknown[];
let answer: () => boolean;
let leader: ReturnType<typeof startNode>;
let known: NodeAddress | null;
const send = createLearnedSender({ leader: () => known, signatures: signaturesOf("b") });

beforeEach(() => {
  isLeader = true;
  kept = [];
  answer = () => true;
  const keep = async (learned: unknown) => {
    kept.push(learned);
    return answer();
  };
  leader = startNode("a", () => null, { routes: learnedRoutes({ isLeader: () => isLeader, keep }) });
  known = { node: "a", url: leader.url };
});

afterEach(() => leader.stop());

describe("a secret from a handshake at a follower", () => {
  test("is stored by the leader, whose answer counts", async () => {
    expect(await send(LEARNED)).toBe(true);
    answer = () => false;
    expect(await send(LEARNED)).toBe(false);
    expect(kept).toEqual([LEARNED, LEARNED]);
  });

  test("is not lost in silence: without a leader that stores it, the sender is to try again", async () => {
    const outcomes = [
      () => (isLeader = false),
      () => {
        isLeader = true;
        answer = () => {
          throw new AppError({ kind: "unavailable", message: "The log does not answer." });
        };
      },
      () => (known = null),
    ];
    for (const happen of outcomes) {
      happen();
      expect((await appErrorOf(() => send(LEARNED))).kind).toBe("unavailable");
    }
  });

  test("is taken from nodes only, and only as it was signed", async () => {
    const post = (path: string, headers: Readonly<Record<string, string>>, body: string) =>
      fetch(`${leader.url}${path}`, { method: "POST", headers, body });
    const body = JSON.stringify(LEARNED);
    const path = `${LEARNED_PATH}?sha256=${new Bun.CryptoHasher("sha256").update(body).digest("hex")}`;
    const signed = signaturesOf("b").sign({ method: "POST", path, client: null });
    expect((await post(path, {}, body)).status).toBe(403);
    expect((await post(path, signed, body.replace("hush", "mine"))).status).toBe(403);
    expect(kept).toEqual([]);
    expect((await post(path, signed, body)).status).toBe(200);
  });
});
