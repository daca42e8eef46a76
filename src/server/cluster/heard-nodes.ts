/** The other nodes of the cluster that are alive, by their beats. */
import type { NodeAddress } from "../../http/cluster/forward.ts";
import type { Clock } from "../../lib/clock.ts";
import { every } from "../../lib/every.ts";
import type { ClusterMember } from "./member.ts";

/** A node that was silent for this long is not waited for. */
const SILENT_MS = 4_000;
const LOOK_MS = 500;

export type HeardNodes = ReturnType<typeof createHeardNodes>;

export function createHeardNodes(deps: {
  member: Pick<ClusterMember, "node" | "nodes">;
  clock: Pick<Clock, "monotonic" | "after">;
}) {
  const { member, clock } = deps;

  function list() {
    const now = clock.monotonic();
    return member.nodes().filter(({ node, at }) => node !== member.node && now - at < SILENT_MS);
  }

  function watch({ node }: Pick<NodeAddress, "node">): Readonly<{ silent: AbortSignal; stop: () => void }> {
    const silent = new AbortController();
    const stop = every(clock, LOOK_MS, () => {
      if (!list().some((each) => each.node === node)) silent.abort(new Error(`${node} is silent`));
    });
    return { silent: silent.signal, stop };
  }

  return {
    /** Other nodes that were heard lately. */
    list: (): readonly NodeAddress[] => list().map(({ node, beat }) => ({ node, url: beat.url })),
    /** Those of them that keep the event files. */
    listKeepers: (): readonly NodeAddress[] =>
      list()
        .filter(({ beat }) => beat.files === "all")
        .map(({ node, beat }) => ({ node, url: beat.url })),
    /** Aborts once the node is silent: a machine that is gone without a word would be waited for for ever. */
    watch,
    /** Asks for as long as the node is heard; null is never heard. */
    async whileHeard<T>(
      node: Pick<NodeAddress, "node"> | null,
      ask: (silent: AbortSignal) => Promise<T>,
    ): Promise<T> {
      const { silent, stop } = watch(node ?? { node: "" });
      return ask(silent).finally(stop);
    },
  };
}
