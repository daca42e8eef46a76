import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { ClusterStatus } from "../../../src/http/cluster/cluster-status.ts";
import {
  DRAIN_PATH,
  forgetPath,
  operatorRoutes,
  STATUS_PATH,
  UNDRAIN_PATH,
} from "../../../src/http/cluster/operator-routes.ts";
import { signaturesOf, startNode } from "./pair.ts";

const STATUS: ClusterStatus = {
  node: "b",
  leader: null,
  nodes: [],
  copies: { wanted: 2, heard: 0, keepers: [] },
  log: null,
};
let orders: boolean[];
let forgotten: string[];
let follower: ReturnType<typeof startNode>;

beforeEach(() => {
  orders = [];
  forgotten = [];
  const routes = operatorRoutes({
    readStatus: async () => STATUS,
    drain: (isDrained) => void orders.push(isDrained),
    forget: async (node) => void forgotten.push(node),
  });
  // A follower that knows no leader answers all the same.
  follower = startNode("b", () => null, { routes });
});

afterEach(() => follower.stop());

function ask(headers: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(`${follower.url}${STATUS_PATH}`, { headers });
}

describe("a node's routes for operators", () => {
  test("tell the status to who knows the secret key", async () => {
    const response = await ask(signaturesOf("b").sign({ method: "GET", path: STATUS_PATH, client: null }));
    expect(await response.json()).toEqual(STATUS);
  });

  test("drain the node and end that, at the command of who knows the secret key only", async () => {
    const order = (path: string, headers: Readonly<Record<string, string>>) =>
      fetch(`${follower.url}${path}`, { method: "POST", headers });
    for (const path of [DRAIN_PATH, UNDRAIN_PATH]) {
      expect((await order(path, {})).status).toBe(403);
      const signed = signaturesOf("b").sign({ method: "POST", path, client: null });
      expect((await order(path, signed)).status).toBe(200);
    }
    expect(orders).toEqual([true, false]);
  });

  test("forget a node that is named, for who knows the secret key", async () => {
    const path = forgetPath("old node/1");
    const forget = (headers: Readonly<Record<string, string>>) =>
      fetch(`${follower.url}${path}`, { method: "POST", headers });
    expect((await forget({})).status).toBe(403);
    const signed = signaturesOf("b").sign({ method: "POST", path, client: null });
    expect((await forget(signed)).status).toBe(200);
    expect(forgotten).toEqual(["old node/1"]);
  });

  test("tell clients nothing, not even those whose requests a node forwards", async () => {
    expect((await ask({})).status).toBe(403);
    const forwarded = signaturesOf("a").sign({ method: "GET", path: STATUS_PATH, client: "192.0.2.1" });
    const response = await ask(forwarded);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: { code: "nodes_only" } });
  });
});
