/**
 * A stand-in for people's services in a separate process: counts arrivals and records their times; with "tls" over
 * https. Prints its port.
 */
import { receiverTls } from "./receiver-tls.ts";
import { sharedNow } from "./shared-clock.ts";

/** Time of arrival by event id. */
const arrivals = new Map<string, number>();
let count = 0;
const SLOW_MS = 500;

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  idleTimeout: 0,
  ...(Bun.argv.includes("tls") && { tls: receiverTls() }),
  async fetch(request) {
    const { pathname: path, search } = new URL(request.url);
    if (path === "/arrivals") return Response.json([...arrivals]);
    if (path === "/count") return new Response(String(count));
    await request.arrayBuffer();
    if (path === "/silent") return new Promise<Response>(() => {});
    if (path === "/failing") return new Response(null, { status: 500 });
    if (path === "/slow") await Bun.sleep(SLOW_MS);
    count += 1;
    const id = request.headers.get("x-webhooker-event-id");
    const isTimed = path === "/timed" || search === "?timed";
    if (isTimed && id !== null && !arrivals.has(id)) arrivals.set(id, sharedNow());
    return new Response("ok");
  },
});
process.stdout.write(`${server.port}\n`);
