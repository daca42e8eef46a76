/** Brings a fault about under load, and looks at the cluster when it has come to rest. */
import type { Fault } from "./fault.ts";
import { prove, type Verdict } from "./proof.ts";
import type { World } from "./world.ts";

/** Events before and after the fault, and the time to come to rest. */
const LONG = { quietEvents: 300, settleMs: 60_000 };
/** Short enough for a test to say what is wrong before its own time is up. */
const QUICK = { quietEvents: 100, settleMs: 30_000 };

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
  const { quietEvents, settleMs } = options.isQuick ? QUICK : LONG;
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
  return { verdict: await prove(world, settleMs), pauses, answers };
}
