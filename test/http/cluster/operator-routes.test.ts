import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { ClusterStatus } from "../../../src/http/cluster/cluster-status.ts";
import { operatorRoutes, STATUS_PATH } from "../../../src/http/cluster/operator-routes.ts";
import { signaturesOf, startNode } from "./pair.ts";

const STATUS: ClusterStatus = { node: "b", leader: null, nodes: [], log: null };
let follower: ReturnType<typeof startNode>;

beforeEach(() => {
  const routes = operatorRoutes({ readStatus: async () => STATUS });
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

  test("tell clients nothing, not even those whose requests a node forwards", async () => {
    expect((await ask({})).status).toBe(403);
    const forwarded = signaturesOf("a").sign({ method: "GET", path: STATUS_PATH, client: "192.0.2.1" });
    const response = await ask(forwarded);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: { code: "nodes_only" } });
  });
});
