/** autocannon in a separate process, so that it takes nothing from the server; prints the totals as JSON. */
import autocannon from "autocannon";
import { z } from "zod";
import { payload, senderHeaders } from "./sender.ts";

const job = z
  .object({
    urls: z.array(z.string()),
    bodyBytes: z.number(),
    connections: z.number(),
    seconds: z.number(),
    requestsPerSecond: z.number().optional(),
  })
  .parse(JSON.parse(Bun.argv[2] ?? ""));

const body = payload(job.bodyBytes);
const paths = job.urls.map((url) => new URL(url).pathname);
let clients = 0;

const result = await autocannon({
  url: new URL(job.urls[0] ?? "").origin,
  method: "POST",
  headers: senderHeaders(body),
  body,
  connections: job.connections,
  duration: job.seconds,
  timeout: 30,
  ...(job.requestsPerSecond !== undefined && { overallRate: job.requestsPerSecond }),
  setupClient(client) {
    // Each connection begins elsewhere in the list, or all would hit the same webhook at once.
    const start = Math.floor((clients * paths.length) / job.connections);
    clients += 1;
    client.setRequests(
      [...paths.slice(start), ...paths.slice(0, start)].map((path) => ({ path, method: "POST" })),
    );
  },
});

const { requests, duration, latency, non2xx, errors } = result;
const totals = { requests: requests.total, seconds: duration, p50: latency.p50, p99: latency.p99 };
process.stdout.write(`${JSON.stringify({ ...totals, failures: non2xx + errors })}\n`);
