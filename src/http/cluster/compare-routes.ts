/** Answers `webhooker cluster compare`: the leader compares its databases with those of the other nodes, one after the other. */
import { Elysia } from "elysia";
import { z } from "zod";
import { IDLE_SECONDS } from "../listen.ts";
import { CLUSTER_PREFIX } from "./gate.ts";
import { requireNode } from "./node-caller.ts";

export const COMPARE_MAIN_PATH = `${CLUSTER_PREFIX}compare/main`;
const COMPARE_NEXT_PATH = `${CLUSTER_PREFIX}compare/next`;

/** Path and query to compare the event files of the webhook whose id comes next. */
export function compareNextPath(after: string): string {
  return `${COMPARE_NEXT_PATH}?after=${encodeURIComponent(after)}`;
}

export const comparedSchema = z.object({
  /** Null for the main database. */
  webhook: z.object({ id: z.string(), name: z.string() }).nullable(),
  /** The node whose database the others were compared with. */
  leader: z.string(),
  others: z.array(
    z.object({
      node: z.string(),
      /** Tables whose rows differ from the leader's. */
      differs: z.array(z.string()),
      /** Why it could not be compared; null if it was. */
      fault: z.string().nullable(),
    }),
  ),
});

export type Compared = Readonly<z.output<typeof comparedSchema>>;

/** The gate must be in front: it verifies who asks. */
export function compareRoutes(deps: {
  isLeader: () => boolean;
  /** Hands the request on to the leader. */
  order: (path: string, signal: AbortSignal) => Promise<unknown>;
  compareMain: () => Promise<Compared>;
  /** Resolves with null if no webhook comes after that id. */
  compareNext: (after: string) => Promise<Compared | null>;
}) {
  const { isLeader, order, compareMain, compareNext } = deps;

  /** Files are read whole, which takes longer than connections may be idle. */
  async function answer(
    {
      request,
      server,
    }: { request: Request; server: { timeout: (of: Request, seconds: number) => void } | null },
    { path, compare }: { path: string; compare: () => Promise<Compared | null> },
  ): Promise<Response> {
    requireNode(request);
    server?.timeout(request, 0);
    try {
      return Response.json(isLeader() ? await compare() : await order(path, request.signal));
    } finally {
      server?.timeout(request, IDLE_SECONDS);
    }
  }

  return new Elysia({ name: "compare" })
    .post(COMPARE_MAIN_PATH, (of) => answer(of, { path: COMPARE_MAIN_PATH, compare: compareMain }))
    .post(COMPARE_NEXT_PATH, (of) => {
      const after = new URL(of.request.url).searchParams.get("after") ?? "";
      return answer(of, { path: compareNextPath(after), compare: () => compareNext(after) });
    });
}
