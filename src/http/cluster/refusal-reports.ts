/** Tells the leader what its followers refused and accepted at entrypoints: it alone counts and notices. */
import { Elysia } from "elysia";
import { z } from "zod";
import { AppError } from "../../lib/errors.ts";
import type { NodeAddress } from "./forward.ts";
import { CLUSTER_PREFIX } from "./gate.ts";
import { createNodeFetch } from "./node-fetch.ts";
import type { NodeSignatures } from "./node-signature.ts";
import { postSigned, readSignedBody } from "./signed-body.ts";

export const REFUSALS_PATH = `${CLUSTER_PREFIX}refusals`;

/** The leader reads the routes of refused ones, which takes 4 ms for as many; it does other work between two requests. */
const REPORTS_PER_REQUEST = 200;
/** A report takes 120 bytes, and 300 at most. */
const MAX_BYTES = 64 * 1024;

const reportsSchema = z.array(
  z.object({
    entrypointId: z.string(),
    refused: z.record(z.string(), z.int().positive()),
    isAccepting: z.boolean(),
  }),
);

type Reports = Readonly<z.output<typeof reportsSchema>>;

/** The gate must be in front: it verifies who asks. */
export function refusalRoutes({
  isLeader,
  add,
}: {
  isLeader: () => boolean;
  add: (reports: Reports) => void;
}) {
  return new Elysia({ name: "refusals" }).post(
    REFUSALS_PATH,
    async ({ request }) => {
      const body = await readSignedBody(request, { path: REFUSALS_PATH, maxBytes: MAX_BYTES });
      if (!isLeader()) throw notCounted();
      add(reportsSchema.parse(body));
      return Response.json({});
    },
    { parse: "none" },
  );
}

/** The returned function resolves with the reports that the leader has not taken. It never rejects. */
export function createRefusalSender(deps: {
  leader: () => NodeAddress | null;
  signatures: Pick<NodeSignatures, "sign">;
}): (reports: Reports) => Promise<Reports> {
  const { leader: findLeader, signatures } = deps;
  const fetchNode = createNodeFetch({ signatures });
  return async (reports) => {
    for (let sent = 0; sent < reports.length; sent += REPORTS_PER_REQUEST) {
      const value = reports.slice(sent, sent + REPORTS_PER_REQUEST);
      try {
        const leader = findLeader();
        if (leader === null) throw notCounted();
        const { ok } = await postSigned(fetchNode, leader.url, { path: REFUSALS_PATH, value });
        if (!ok) throw notCounted();
      } catch {
        return reports.slice(sent);
      }
    }
    return [];
  };
}

function notCounted(): AppError {
  return new AppError({ kind: "unavailable", code: "not_leader", message: "This node does not lead." });
}
