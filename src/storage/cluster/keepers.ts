/** Decides which nodes keep the event files: enough of them, and none stops by itself. */
import type { HeardNode } from "./leadership.ts";

/** A keeper that is silent for longer is replaced. One that is away for less finds what it lacks in the log. */
const GONE_MS = 10 * 60_000;
/** Nodes beat several times a second. */
const HEARD_MS = 5_000;
/** The files grow while they are copied. */
const ROOM_FACTOR = 1.2;

export type KeeperPlan = Readonly<{
  /** Nodes that have all event files, and are to be listed. */
  found: readonly string[];
  /** Spares that are to take the files, the one with the most room first. */
  promoted: readonly string[];
  /** Keepers that nobody can replace. */
  missing: number;
}>;

type Known = Readonly<{
  /** Nodes that are listed as keepers. */
  listed: readonly string[];
  nodes: readonly HeardNode[];
  /** Keepers that there are to be. */
  copies: number;
  /** Size of the event files. */
  bytes: number;
  /** When this node began to lead, and now: monotonic times. A keeper that was never heard counts from the former. */
  since: number;
  now: number;
}>;

export function planKeepers({ listed, nodes, copies, bytes, since, now }: Known): KeeperPlan {
  const heardAt = new Map(nodes.map(({ node, at }) => [node, at]));
  const there = listed.filter((node) => now - (heardAt.get(node) ?? since) < GONE_MS);
  const others = nodes.filter(({ node, at }) => now - at < HEARD_MS && !listed.includes(node));
  const found = others.filter(({ beat }) => beat.files === "all").map(({ node }) => node);
  const wanted = Math.max(0, copies - there.length - found.length);
  const promoted = others
    .filter(({ beat }) => beat.files === "none" && !beat.isDraining && !beat.needsUpgrade)
    .filter(({ beat }) => hasRoom(beat.room, bytes))
    .toSorted((one, other) => other.beat.room - one.beat.room || (one.node < other.node ? -1 : 1))
    .slice(0, wanted)
    .map(({ node }) => node);
  return { found, promoted, missing: wanted - promoted.length };
}

/** True if event files of that size can be copied to a disk with that room. */
export function hasRoom(room: number, bytes: number): boolean {
  return room >= bytes * ROOM_FACTOR;
}

/** How many nodes are to have all event files, by the leader or else by `copies`, and how many that have them are heard. */
export function countCopies(
  nodes: readonly HeardNode[],
  { copies, now }: Readonly<{ copies: number; now: number }>,
): Readonly<{ wanted: number; heard: number }> {
  const heard = nodes.filter(({ at }) => now - at <= HEARD_MS);
  const leader = heard.find(({ beat }) => beat.leads !== null);
  return {
    wanted: leader?.beat.copies ?? copies,
    heard: heard.filter(({ beat }) => beat.files === "all").length,
  };
}
