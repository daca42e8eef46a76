/** Signs requests between the nodes of a cluster, and verifies them. */
import { createHmac } from "node:crypto";
import type { Clock } from "../../lib/clock.ts";
import { constantTimeEqual } from "../../lib/crypto.ts";
import { AppError } from "../../lib/errors.ts";
import { pathAndQueryOf } from "../request-url.ts";

/** The node that sent a request. */
export type NodeCaller = Readonly<{
  node: string;
  /** Address of the client whose request it forwards, "" if unknown; null for a request of the node itself. */
  client: string | null;
}>;

export type NodeSignatures = Readonly<{
  /** Returns the headers to send. `path` has the query and is what the receiver will read, as `pathAndQueryOf` returns it. */
  sign: (request: {
    method: string;
    path: string;
    client: string | null;
  }) => Readonly<Record<string, string>>;
  /** Returns null for a request without such headers. Throws AppError `forbidden` for headers that prove nothing. */
  verify: (request: Request) => NodeCaller | null;
}>;

const NODE = "x-webhooker-node";
const TIME = "x-webhooker-node-time";
const CLIENT = "x-webhooker-node-client";
const SIGNATURE = "x-webhooker-node-signature";
const ALL: readonly string[] = [NODE, TIME, CLIENT, SIGNATURE];

/** How far the clocks of two nodes may differ, and for how long a request can be repeated by who has seen it. */
const TOLERANCE_MS = 60_000;
const INTEGER = /^\d{1,15}$/;

/** Bodies are not signed, because they pass without being held; only the network between nodes could change them. */
export function createNodeSignatures(deps: {
  /** The key ring's `nodeKey`. */
  key: Uint8Array;
  /** This node's name; printable ASCII. */
  node: string;
  clock: Pick<Clock, "now">;
}): NodeSignatures {
  const { key, node: self, clock } = deps;

  function signatureOf(signed: {
    method: string;
    path: string;
    time: string;
    node: string;
    client: string | null;
  }): string {
    const { method, path, time, node, client } = signed;
    // JSON keeps the parts apart: no part can be read as the end of the one before.
    const text = JSON.stringify([method, path, time, node, client]);
    return createHmac("sha256", key).update(text).digest("base64url");
  }

  return {
    sign({ method, path, client }) {
      const time = String(clock.now());
      return {
        [NODE]: self,
        [TIME]: time,
        ...(client !== null && { [CLIENT]: client }),
        [SIGNATURE]: signatureOf({ method, path, time, node: self, client }),
      };
    },
    verify(request) {
      const { headers, method } = request;
      if (!ALL.some((name) => headers.has(name))) return null;
      const client = headers.get(CLIENT);
      const node = headers.get(NODE) ?? "";
      const time = headers.get(TIME) ?? "";
      const expected = signatureOf({ method, path: pathAndQueryOf(request.url), time, node, client });
      const isOwn = constantTimeEqual(headers.get(SIGNATURE) ?? "", expected);
      if (!isOwn || node === "" || !INTEGER.test(time)) throw refusal("its signature is not valid");
      if (Math.abs(clock.now() - Number(time)) > TOLERANCE_MS) throw refusal("its time is too far off");
      return { node, client };
    },
  };
}

function refusal(reason: string): AppError {
  return new AppError({
    kind: "forbidden",
    code: "node_not_verified",
    message: `The request claims to come from a node of the cluster, but ${reason}.`,
    hint: "All nodes need the same SECRET_KEY, and clocks that differ by less than a minute.",
  });
}
