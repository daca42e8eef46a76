/** A follower hands an order on to the leader, such as to forget a node, and tells what that says. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import type { NodeAddress } from "../../../src/http/cluster/forward.ts";
import { createLeaderOrders } from "../../../src/http/cluster/leader-orders.ts";
import { forgetPath, operatorRoutes } from "../../../src/http/cluster/operator-routes.ts";
import { AppError } from "../../../src/lib/errors.ts";
import { appErrorOf } from "../../support/thrown.ts";
import { signaturesOf, startNode } from "./pair.ts";

let leader: ReturnType<typeof startNode>;
let known: NodeAddress | null;
let forget: (node: string) => Promise<void>;
const order = createLeaderOrders({ leader: () => known, signatures: signaturesOf("b") });
const send = (node: string) => order(forgetPath(node));

beforeEach(() => {
  const routes = operatorRoutes({
    readStatus: () => Promise.reject(new Error("nobody asks")),
    drain: () => undefined,
    forget: (node) => forget(node),
  });
  leader = startNode("a", () => null, { routes });
  known = { node: "a", url: leader.url };
});

afterEach(() => leader.stop());

test("the leader forgets it", async () => {
  const forgotten: string[] = [];
  forget = async (node) => void forgotten.push(node);
  expect(await send("gone")).toEqual({ forgotten: "gone" });
  expect(forgotten).toEqual(["gone"]);
});

test("the leader's refusal is told with its hint", async () => {
  forget = () =>
    Promise.reject(
      new AppError({ kind: "conflict", code: "node_alive", message: "It lives.", hint: "Stop it." }),
    );
  expect(await appErrorOf(() => send("gone"))).toMatchObject({
    kind: "conflict",
    code: "node_alive",
    message: "It lives.",
    hint: "Stop it.",
  });
});

test("without a leader nothing is forgotten", async () => {
  known = null;
  expect((await appErrorOf(() => send("gone"))).kind).toBe("unavailable");
});
