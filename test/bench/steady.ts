/** Sends events at a fixed rate, however long the responses take: the latency that independent senders see. */
import { payload } from "./sender.ts";

/** Latencies in milliseconds, each counted from when its request was due. */
export async function sendSteadily(options: {
  url: string;
  perSecond: number;
  seconds: number;
}): Promise<readonly number[]> {
  const { url, perSecond, seconds } = options;
  const body = payload(1024);
  const times: number[] = [];
  const running = new Set<Promise<void>>();
  const start = performance.now();

  async function send(at: number): Promise<void> {
    const response = await fetch(url, { method: "POST", body, proxy: false });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`an event was answered ${response.status}`);
    times.push(performance.now() - start - at);
  }

  for (let sent = 0; sent < perSecond * seconds; ) {
    const now = performance.now() - start;
    for (; sent < perSecond * seconds && (sent * 1000) / perSecond <= now; sent++) {
      const work = send((sent * 1000) / perSecond).finally(() => running.delete(work));
      running.add(work);
    }
    await Bun.sleep(1);
  }
  await Promise.all(running);
  return times;
}
