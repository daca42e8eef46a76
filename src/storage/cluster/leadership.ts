/**
 * Decides which node leads: by claims in the log, whose order all nodes see alike, and by beats, which tell when the
 * leader is silent.
 *
 * A leader acts only while the log has lately acknowledged something of it: cut off from the majority it stops before
 * another may begin. Beats alone prove nothing, as an isolated NATS server still carries them.
 */
import type { Clock } from "../../lib/clock.ts";
import { every } from "../../lib/every.ts";
import { LEADER_PARTITION } from "./applier.ts";
import { type Beat, readBeat } from "./beat.ts";
import type { EventLog, Owner } from "./event-log.ts";

export const BEAT_MS = 300;
/** A follower claims after this long without a beat of the leader. */
const SILENCE_MS = 2_500;
/** A leader stops acting this long after the sending of the last record that was acknowledged. */
const PROOF_MS = 2_000;
/** A leader that has nothing to write asks for a proof this often. */
const ASK_MS = 700;

/** `aheadMs`: by how much its clock was ahead of the one here, when it was heard. */
export type HeardNode = Readonly<{ node: string; at: number; beat: Beat; aheadMs?: number }>;

export type Leadership = Readonly<{
  /** True while this node may deliver and write as the leader. */
  mayLead: () => boolean;
  /** True while the log says that this node leads, though it may have resigned or lack a proof. */
  isOwner: () => boolean;
  /** Epoch of this node's leadership, past or present; null if this process has never led. */
  ownEpoch: () => number | null;
  /** The leader by the log, as far as it is applied here; `url` is null until it was heard. */
  leader: () => Readonly<{ node: string; epoch: number; url: string | null }> | null;
  /** Call with each claim that the log brings. */
  claimed: (owner: Owner) => void;
  /** Call when the log has acknowledged something that was sent at that time. */
  proved: (sentAt: number) => void;
  /** When listening to beats began, on the monotonic clock. */
  since: number;
  /** The nodes that were heard, this one included. */
  nodes: () => readonly HeardNode[];
  /** Waits for that node no more. */
  forget: (node: string) => void;
  /** Stops leading, and claims nothing any more; others may claim at once. */
  resign: () => void;
  stop: () => void;
}>;

export function startLeadership(deps: {
  log: Pick<EventLog, "claim" | "beat" | "onBeat" | "head">;
  node: string;
  leader: Owner | null;
  clock: Clock;
  /** False for a spare: without event files it never claims. */
  keeps: boolean;
  /** This node's own state for its beats. */
  describe: () => Omit<Beat, "leads" | "isDraining" | "now">;
  /** Resolves once everything up to that position is applied here. */
  reached: (position: number) => Promise<void>;
  /** True while this node could not do a leader's work, for example on a full disk. */
  isUnfit: () => boolean;
  /** Appends a record that says nothing. */
  askForProof: () => Promise<unknown>;
  /** This node leads from here on; what the log had before is applied. */
  onLeading: (owner: Owner) => void;
  /** Another node leads from here on. */
  onFollowing: (owner: Owner) => void;
  onError: (message: string, cause: unknown) => void;
}): Leadership {
  const { log, node, clock, keeps, describe, reached, isUnfit, askForProof } = deps;
  const { onLeading, onFollowing, onError } = deps;
  const heard = new Map<string, HeardNode>();
  let owner = deps.leader;
  let ownEpoch: number | null = null;
  let provedAt = Number.NEGATIVE_INFINITY;
  let isAsking = false;
  let isClaiming = false;
  let hasResigned = false;
  let leadsAgainWhenFit = false;
  let hasTwin = false;
  const { url: ownUrl } = describe();
  const since = clock.monotonic();
  let leaderHeardAt = since;

  function isOwner(): boolean {
    return owner !== null && owner.epoch === ownEpoch;
  }

  function leads(): boolean {
    return !hasResigned && isOwner();
  }

  function mayLead(): boolean {
    return leads() && clock.monotonic() - provedAt < PROOF_MS;
  }

  function hear(from: string, data: unknown): void {
    const beat = readBeat(data);
    if (beat === null) return;
    const at = clock.monotonic();
    heard.set(from, {
      node: from,
      at,
      beat,
      ...(beat.now !== undefined && { aheadMs: beat.now - clock.now() }),
    });
    if (from === node) noteTwin(beat.url);
    if (owner === null || from !== owner.node) return;
    if (beat.leads === owner.epoch) leaderHeardAt = at;
    // It says itself that it has stopped.
    else if (beat.isDraining) leaderHeardAt = Number.NEGATIVE_INFINITY;
  }

  /** Nothing else would tell: each of the two takes the other's beats for its own. */
  function noteTwin(url: string): void {
    if (hasTwin || url === ownUrl) return;
    hasTwin = true;
    onError("another node has this one's name: set CLUSTER_NODE to a name that no other node has", url);
  }

  function tick(): void {
    if (leads() && isUnfit()) {
      leadsAgainWhenFit = true;
      resign();
    } else if (leadsAgainWhenFit && !isUnfit()) {
      leadsAgainWhenFit = false;
      hasResigned = false;
    }
    log.beat(node, {
      ...describe(),
      leads: leads() ? ownEpoch : null,
      isDraining: hasResigned || isUnfit(),
      now: clock.now(),
    } satisfies Beat);
    if (leads()) prove();
    else if (keeps && !hasResigned && !isClaiming && isLeaderSilent() && !isUnfit()) void claim();
  }

  function isLeaderSilent(): boolean {
    return clock.monotonic() - leaderHeardAt >= SILENCE_MS;
  }

  function prove(): void {
    if (isAsking || clock.monotonic() - provedAt < ASK_MS) return;
    isAsking = true;
    askForProof()
      .catch(() => undefined)
      .finally(() => (isAsking = false));
  }

  async function claim(): Promise<void> {
    isClaiming = true;
    try {
      const before = owner;
      // Reading to the end first: the claim that is there may be newer than the one known here.
      await reached((await log.head(0)).last);
      if (owner !== before || !isLeaderSilent() || hasResigned) return;
      const sentAt = clock.monotonic();
      const claim = await log.claim({ partition: LEADER_PARTITION, node, last: owner });
      // The log's reader may have brought it already.
      if (claim === null) return;
      ownEpoch = claim.epoch;
      proved(sentAt);
      await reached(claim.position);
      if (owner?.epoch !== claim.epoch) return;
      leaderHeardAt = clock.monotonic();
      onLeading(owner);
    } catch (error) {
      onError("this node could not claim the leadership", error);
    } finally {
      isClaiming = false;
      leaderHeardAt = Math.max(leaderHeardAt, clock.monotonic() - SILENCE_MS / 2);
    }
  }

  function proved(sentAt: number): void {
    provedAt = Math.max(provedAt, sentAt);
  }

  function resign(): void {
    hasResigned = true;
    log.beat(node, { ...describe(), leads: null, isDraining: true } satisfies Beat);
  }

  const stopHearing = log.onBeat(hear);
  const stopTicks = every(clock, BEAT_MS, tick);

  return {
    mayLead,
    isOwner,
    ownEpoch: () => ownEpoch,
    leader: () =>
      owner && { node: owner.node, epoch: owner.epoch, url: heard.get(owner.node)?.beat.url ?? null },
    claimed(claim) {
      const isSame = claim.epoch === owner?.epoch;
      owner = claim;
      if (isSame || claim.epoch === ownEpoch) return;
      leaderHeardAt = clock.monotonic();
      if (claim.node !== node) onFollowing(claim);
    },
    proved,
    since,
    nodes: () => [...heard.values()],
    forget: (other) => void heard.delete(other),
    resign() {
      leadsAgainWhenFit = false;
      resign();
    },
    stop() {
      stopTicks();
      stopHearing();
    },
  };
}
