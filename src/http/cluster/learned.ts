/** Hands secrets that handshakes bring to a follower on to the leader, which alone stores them. */
import { Elysia } from "elysia";
import { z } from "zod";
import { AppError } from "../../lib/errors.ts";
import type { NodeAddress } from "./forward.ts";
import { CLUSTER_PREFIX } from "./gate.ts";
import { createNodeFetch } from "./node-fetch.ts";
import type { NodeSignatures } from "./node-signature.ts";
import { postSigned, readSignedBody } from "./signed-body.ts";

export const LEARNED_PATH = `${CLUSTER_PREFIX}learned`;

/** Providers' secrets are short; they come in a header. */
const MAX_BYTES = 64 * 1024;

const learnedSchema = z.object({
  webhookId: z.string(),
  entrypointId: z.string(),
  type: z.string(),
  secret: z.string(),
  remoteAddress: z.string(),
});
const answerSchema = z.object({ kept: z.boolean() });

type Learned = Readonly<z.output<typeof learnedSchema>>;
/** Resolves with false if another secret is stored, or the entrypoint's verification has changed. */
type Keep = (learned: Learned) => Promise<boolean>;

/** The gate must be in front: it verifies who asks. */
export function learnedRoutes({ isLeader, keep }: { isLeader: () => boolean; keep: Keep }) {
  return new Elysia({ name: "learned" }).post(
    LEARNED_PATH,
    async ({ request }) => {
      const body = await readSignedBody(request, { path: LEARNED_PATH, maxBytes: MAX_BYTES });
      if (!isLeader()) throw notStored();
      return Response.json({ kept: await keep(learnedSchema.parse(body)) });
    },
    { parse: "none" },
  );
}

/** Rejects with AppError `unavailable` without a leader, or if it does not answer: the sender is to try again. */
export function createLearnedSender(deps: {
  leader: () => NodeAddress | null;
  signatures: Pick<NodeSignatures, "sign">;
}): Keep {
  const { leader: findLeader, signatures } = deps;
  const fetchNode = createNodeFetch({ signatures });
  return async (learned) => {
    const leader = findLeader();
    if (leader === null) throw notStored();
    try {
      const response = await postSigned(fetchNode, leader.url, { path: LEARNED_PATH, value: learned });
      return answerSchema.parse(await response.json()).kept;
    } catch (cause) {
      throw notStored(cause);
    }
  };
}

function notStored(cause?: unknown): AppError {
  return new AppError({
    kind: "unavailable",
    code: "no_leader",
    message: "The secret of the handshake cannot be stored: the cluster's leader does not answer.",
    retryAfterSeconds: 3,
    cause,
  });
}
