/**
 * Formats of the log's entries. Nodes of versions one apart share the log, so that an entry may come into it only once all of
 * them read its format.
 */
import { AppError } from "../../lib/errors.ts";
import { type ClusterEntry, isComparison } from "./entries.ts";

/** A new command, a field of one that earlier versions would pass over, or another kind of entry. */
export type FormatChange = Readonly<{
  isIn: (entry: ClusterEntry) => boolean;
  /** The entry as the format before has it; null if it cannot do without. */
  before: ((entry: ClusterEntry) => ClusterEntry) | null;
}>;

const FIRST_FORMAT = 1;

export class Formats {
  readonly #changes: readonly FormatChange[];

  /** Each change makes the next format. */
  constructor(changes: readonly FormatChange[]) {
    this.#changes = changes;
  }

  /** The highest one that this program reads. */
  get newest(): number {
    return FIRST_FORMAT + this.#changes.length;
  }

  /** The format that a reader of all these entries has to know. */
  of(entries: readonly ClusterEntry[]): number {
    const last = this.#changes.findLastIndex(({ isIn }) => entries.some(isIn));
    return FIRST_FORMAT + last + 1;
  }

  /**
   * Returns the entry as nodes read it that know the formats up to `readable`. Throws AppError `unavailable` if they cannot.
   */
  fit(entry: ClusterEntry, readable: () => number): ClusterEntry {
    let fitted = entry;
    let upTo: number | null = null;
    for (let index = this.#changes.length - 1; index >= 0; index--) {
      const change = this.#changes[index];
      if (!change?.isIn(fitted)) continue;
      upTo ??= readable();
      if (FIRST_FORMAT + index < upTo) continue;
      const { before } = change;
      if (before === null) throw nodesToUpgrade();
      fitted = before(fitted);
    }
    return fitted;
  }
}

/** This version's formats: append only, a line for each change. */
export const FORMATS = new Formats([{ isIn: isComparison, before: null }]);

/** A node that was silent for longer is not waited for: when it is back, it applies nothing until it is upgraded. */
const AWAY_MS = 10 * 60_000;
/** By then a node has heard all others that run. */
const LISTEN_MS = 5_000;

/** Returns the highest format that all nodes read that were heard lately. `since`: when listening began. */
export function readableByAll(
  nodes: readonly Readonly<{ at: number; beat: Readonly<{ format: number }> }>[],
  { now, since }: Readonly<{ now: number; since: number }>,
): number {
  if (now - since < LISTEN_MS) return FIRST_FORMAT;
  const heard = nodes.filter(({ at }) => now - at < AWAY_MS);
  return Math.min(FORMATS.newest, ...heard.map(({ beat }) => beat.format));
}

function nodesToUpgrade(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "nodes_to_upgrade",
    message: "Some nodes of the cluster run an earlier version, which cannot do this.",
    hint: "Try again once all nodes are upgraded; `webhooker cluster status` shows their versions.",
    retryAfterSeconds: 30,
  });
}
