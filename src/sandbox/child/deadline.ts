/** Ends a run that takes too long, by the processor time it used: a busy machine must not make quick code fail. */

export type Deadline = Readonly<{
  ms: number;
  /** The run begins now. */
  set: () => void;
  isOver: () => boolean;
}>;

export function createDeadline(ms: number): Deadline {
  let startedAt = 0;
  let usedBefore = 0;
  return {
    ms,
    set() {
      startedAt = performance.now();
      usedBefore = usedMs();
    },
    // The wall clock first, as the engine asks often and the processor's takes a system call.
    isOver: () => performance.now() - startedAt > ms && usedMs() - usedBefore > ms,
  };
}

/** Processor time of this thread. */
function usedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
