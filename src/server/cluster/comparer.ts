/** Compares the leader's databases with those of the other nodes, by digests at one place of the log. */
import type { Compared } from "../../http/cluster/compare-routes.ts";
import type { DigestClient } from "../../http/cluster/digest-routes.ts";
import type { NodeAddress } from "../../http/cluster/forward.ts";
import { type Clock, wait } from "../../lib/clock.ts";
import { AppError, errorMessage } from "../../lib/errors.ts";
import { newId } from "../../lib/ids.ts";
import type { CopyDigests } from "../../storage/cluster/copy-digests.ts";
import type { Comparison } from "../../storage/cluster/entries.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { MainDigest } from "../../storage/main-db/replication/main-digest.ts";
import type { CopyDigest } from "../../storage/reader/inspection-questions.ts";
import type { HeardNodes } from "./heard-nodes.ts";
import type { ClusterMember } from "./member.ts";

const LOOK_MS = 200;
/** A node that has not read the log so far by then is not waited for. */
const BEHIND_MS = 30_000;
/** Configurations rest in between changes; a node that is never found with the leader's is told of. */
const MAIN_TRIES = 20;
const MAIN_AGAIN_MS = 500;

const ABSENT = { differs: [], fault: "It is not heard, or is still copying the files." };

type Found<T> = Readonly<{ node: string; digest: T } | { node: string; fault: string }>;

export function createComparer(deps: {
  member: Pick<ClusterMember, "node" | "nodes" | "mark">;
  others: Pick<HeardNodes, "list" | "listKeepers" | "whileHeard">;
  digests: Pick<CopyDigests, "find">;
  digestMain: () => Promise<MainDigest>;
  /** Nodes that are to have the event files. */
  listKeepers: () => readonly string[];
  webhooks: Pick<MainDb["webhooks"], "findNext">;
  client: DigestClient;
  clock: Pick<Clock, "after" | "monotonic">;
}) {
  const { member, others, digests, digestMain, listKeepers, webhooks, client, clock } = deps;
  let isBusy = false;

  async function alone<T>(act: () => Promise<T>): Promise<T> {
    if (isBusy) throw busy();
    isBusy = true;
    try {
      return await act();
    } finally {
      isBusy = false;
    }
  }

  /** Asks a node for as long as it is heard. */
  function asking<T>(of: NodeAddress, ask: (signal: AbortSignal) => Promise<T>): Promise<Found<T>> {
    const { node } = of;
    return others.whileHeard(of, async (silent) => {
      try {
        return { node, digest: await ask(silent) };
      } catch (error) {
        return { node, fault: silent.aborted ? "It fell silent." : errorMessage(error) };
      }
    });
  }

  async function digestAt(
    from: NodeAddress,
    { id, position }: Readonly<{ id: string; position: number }>,
    signal: AbortSignal,
  ): Promise<CopyDigest> {
    const until = clock.monotonic() + BEHIND_MS;
    for (;;) {
      const applied = member.nodes().find(({ node }) => node === from.node)?.beat.applied ?? 0;
      const digest = await client.fetchDigest(from, id, signal);
      if (digest !== null) return digest;
      if (applied >= position) throw new Error("It was restarted meanwhile.");
      if (clock.monotonic() > until) throw new Error("It has not read the log so far.");
      await wait(clock, LOOK_MS);
    }
  }

  async function compareFile(webhook: Readonly<{ id: string; name: string }>): Promise<Compared> {
    const comparison: Comparison = { webhookId: webhook.id, compare: newId() };
    const id = comparison.compare;
    const position = await member.mark(comparison);
    const heard = others.listKeepers();
    const [own, ...found] = await Promise.all([
      digests.find(id)?.catch(unreadable),
      ...heard.map((node) => asking(node, (signal) => digestAt(node, { id, position }, signal))),
    ]);
    if (own === undefined) throw new Error("the leader has no digest");
    const absent = listKeepers().filter(
      (name) => name !== member.node && !heard.some(({ node }) => node === name),
    );
    return {
      webhook,
      leader: member.node,
      others: [...found.map((each) => compared(own, each)), ...absent.map((node) => ({ node, ...ABSENT }))],
    };
  }

  async function compareMain(): Promise<Compared> {
    for (let left = MAIN_TRIES - 1; ; left--) {
      const own = await digestMain();
      const found = await Promise.all(
        others.list().map((node) => asking(node, (signal) => client.fetchMainDigest(node, signal))),
      );
      const isAside = (each: Found<MainDigest>) =>
        own.hasUnshipped || ("digest" in each && each.digest.position !== own.position);
      if (left === 0 || !found.some(isAside)) {
        return {
          webhook: null,
          leader: member.node,
          others: found.map((each) =>
            isAside(each)
              ? { node: each.node, differs: [], fault: "It lags, or the configuration changes all the time." }
              : compared(own, each),
          ),
        };
      }
      await wait(clock, MAIN_AGAIN_MS);
    }
  }

  return {
    compareMain: () => alone(compareMain),
    /** Compares the files of the webhook with the next id; resolves with null if none follows. */
    compareNext: (after: string) =>
      alone(async () => {
        for (let from = after; ; ) {
          const webhook = webhooks.findNext(from);
          if (webhook === null) return null;
          const result = await compareFile(webhook).catch(nullIfDeleted);
          if (result !== null) return result;
          from = webhook.id;
        }
      }),
  };
}

function compared(own: CopyDigest, other: Found<CopyDigest>): Compared["others"][number] {
  const { node } = other;
  if ("fault" in other) return { node, differs: [], fault: other.fault };
  const { schema, tables } = other.digest;
  if (schema !== own.schema)
    return { node, differs: [], fault: "It runs another version: upgrade it first." };
  const names = new Set([...own.tables.keys(), ...tables.keys()]);
  return {
    node,
    differs: [...names].filter((name) => own.tables.get(name) !== tables.get(name)),
    fault: null,
  };
}

function nullIfDeleted(error: unknown): null {
  if (error instanceof AppError && error.kind === "not_found") return null;
  throw error;
}

function unreadable(cause: unknown): never {
  throw new AppError({
    kind: "unavailable",
    code: "no_digest",
    message: `The leader's own file cannot be read. ${errorMessage(cause)}`,
    hint: "Run `webhooker check` there.",
    cause,
  });
}

function busy(): AppError {
  return new AppError({
    kind: "conflict",
    code: "comparing",
    message: "Another comparison is under way.",
    hint: "Wait for its end.",
  });
}
