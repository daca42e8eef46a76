/** Brings a fault about under load, and looks at the cluster when it has come to rest. */
import type { Fault } from "./fault.ts";
import { prove, type Verdict } from "./proof.ts";
import type { World } from "./world.ts";

/** Events before and after the fault. */
const QUIET_EVENTS = 300;
const QUICK_EVENTS = 100;
const SETTLE_MS = 60_000;

export type Played = Readonly<{
  verdict: Verdict;
  /** Longest times without an acknowledgement, and without a delivery, in ms. */
  pauses: Readonly<{ acknowledged: number; delivered: number }>;
  /** Answers by status. */
  answers: string;
}>;

export async function play(
  world: World,
  fault: Fault,
  options: Parameters<Fault["act"]>[1],
): Promise<Played> {
  const { senders, sink } = world;
  const quietEvents = options.isQuick ? QUICK_EVENTS : QUIET_EVENTS;
  senders.answers.clear();
  senders.start();
  try {
    await senders.acknowledges(quietEvents);
    senders.gaps.begin();
    sink.gaps.begin();
    await fault.act(world, options);
    await senders.acknowledges(quietEvents);
    sink.gaps.note();
  } finally {
    await senders.stop();
  }
  const pauses = { acknowledged: senders.gaps.longestMs, delivered: sink.gaps.longestMs };
  const answers = [...senders.answers].map(([status, count]) => `${status}: ${count}`).join(", ");
  return { verdict: await prove(world, SETTLE_MS), pauses, answers };
}
