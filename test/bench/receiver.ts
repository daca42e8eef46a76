/** Stands for people's services: counts what arrives, and when, in a process of its own. Prints its port. */
import { sharedNow } from "./shared-clock.ts";

/** Arrival per event id. */
const arrivals = new Map<string, number>();
let count = 0;

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  idleTimeout: 0,
  async fetch(request) {
    const path = new URL(request.url).pathname;
    if (path === "/arrivals") return Response.json([...arrivals]);
    if (path === "/count") return new Response(String(count));
    await request.arrayBuffer();
    if (path === "/silent") return new Promise<Response>(() => {});
    if (path === "/failing") return new Response(null, { status: 500 });
    count += 1;
    const id = request.headers.get("x-webhooker-event-id");
    if (path === "/timed" && id !== null && !arrivals.has(id)) arrivals.set(id, sharedNow());
    return new Response("ok");
  },
});
process.stdout.write(`${server.port}\n`);
