/** The leader's care for the copies of the event files: it lists the nodes that keep them, and replaces those that are gone. */
import type { Clock } from "../../lib/clock.ts";
import { AppError, notFound } from "../../lib/errors.ts";
import { every } from "../../lib/every.ts";
import type { Logger } from "../../observability/log.ts";
import { hasRoom, planKeepers } from "../../storage/cluster/keepers.ts";
import type { HeardNode } from "../../storage/cluster/leadership.ts";
import type { MainDb } from "../../storage/main-db/open.ts";

const LOOK_MS = 1_000;
/** A node that was heard since may be alive. */
const SILENT_MS = 10_000;

export type Keeping = Readonly<{
  /** Begins to be the leader's: this node is listed. Throws if the main database cannot be written. */
  lead: () => void;
  /** Called before a node takes copies: lists it if there are too few keepers. */
  admit: (node: string) => Promise<void>;
  /** Removes a silent node that is gone for good. Rejects with AppError `conflict` or `not_found`. */
  forget: (node: string) => Promise<void>;
  stop: () => void;
}>;

export function createKeeping(deps: {
  node: string;
  copies: number;
  mainDb: Pick<MainDb, "keepers" | "synced">;
  nodes: () => readonly HeardNode[];
  /** Waits for that node no more. */
  forgetNode: (node: string) => void;
  mayLead: () => boolean;
  /** Size of the event files here. */
  measure: () => Promise<number>;
  clock: Clock;
  log: Logger;
}): Keeping {
  const { node: self, copies, mainDb, nodes, forgetNode, mayLead, measure, clock, log } = deps;
  const { keepers } = mainDb;
  let since: number | null = null;
  let isBusy = false;

  const plan = (bytes: number, begun: number) =>
    planKeepers({
      listed: keepers.list(),
      nodes: nodes(),
      copies,
      bytes,
      since: begun,
      now: clock.monotonic(),
    });

  function list(node: string, message: string): void {
    keepers.add(node, clock.now());
    log.info(message, { node });
  }

  async function look(begun: number): Promise<void> {
    const first = plan(0, begun);
    if (first.found.length + first.promoted.length === 0) return;
    const bytes = first.promoted.length === 0 ? 0 : await measure();
    if (!mayLead()) return;
    const { found, promoted } = plan(bytes, begun);
    for (const node of found) list(node, "a node that has all event files is listed as a keeper");
    for (const node of promoted) list(node, "a spare is to keep the event files from now on");
    if (found.length + promoted.length > 0) await mainDb.synced();
  }

  function tick(): void {
    if (isBusy || since === null || !mayLead()) return;
    isBusy = true;
    look(since)
      .catch((error: unknown) => log.warn("the keepers of event files are not listed yet", { cause: error }))
      .finally(() => (isBusy = false));
  }

  async function admit(node: string): Promise<void> {
    if (since === null || keepers.has(node)) return;
    const room = nodes().find((each) => each.node === node)?.beat.room;
    if (room !== undefined && !hasRoom(room, await measure())) return;
    // Whatever spares there are: this one is about to take copies anyway.
    if (plan(Number.POSITIVE_INFINITY, since).missing > 0)
      list(node, "a node that joins is to keep the event files");
  }

  async function forget(node: string): Promise<void> {
    const listed = keepers.list();
    const heard = nodes().find((each) => each.node === node);
    if (heard === undefined && !listed.includes(node)) throw notFound("node");
    if (node === self || (heard !== undefined && clock.monotonic() - heard.at < SILENT_MS)) throw alive(node);
    if (listed.length === 1 && listed.includes(node)) throw last(node);
    keepers.remove(node);
    forgetNode(node);
    log.info("a node is forgotten: nothing waits for it any more", { node });
    await mainDb.synced();
  }

  return {
    lead() {
      since = clock.monotonic();
      keepers.add(self, clock.now());
    },
    admit,
    forget,
    stop: every(clock, LOOK_MS, tick),
  };
}

function alive(node: string): AppError {
  return new AppError({
    kind: "conflict",
    code: "node_alive",
    message: `Node ${node} is heard, or was a moment ago.`,
    hint: "Only a node that is gone for good is forgotten: stop it first, and wait ten seconds.",
  });
}

function last(node: string): AppError {
  return new AppError({
    kind: "conflict",
    code: "last_keeper",
    message: `Node ${node} is the only one that is to keep the event files.`,
    hint: "Look at `webhooker cluster status`, and start another node.",
  });
}
