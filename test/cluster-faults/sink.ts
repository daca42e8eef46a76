/** Takes all deliveries, and counts those of each event. */
import { Gaps } from "./gaps.ts";

export type Sink = Readonly<{
  url: string;
  /** Deliveries by event. */
  counts: ReadonlyMap<string, number>;
  gaps: Gaps;
  close: () => Promise<void>;
}>;

export function startSink(host: string): Sink {
  const counts = new Map<string, number>();
  const gaps = new Gaps();
  const server = Bun.serve({
    hostname: host,
    port: 0,
    async fetch(request) {
      await request.arrayBuffer();
      const id = request.headers.get("x-webhooker-event-id") ?? "";
      counts.set(id, (counts.get(id) ?? 0) + 1);
      gaps.note();
      return new Response("ok");
    },
  });
  return { url: `http://${host}:${server.port}/`, counts, gaps, close: () => server.stop(true) };
}
