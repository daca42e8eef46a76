/**
 * The process that runs one query: nothing else can end a statement that SQLite is busy with, or take its memory back.
 * It ends with its result, above its memory, or when the gateway closes its input.
 */
import { writeLine } from "../../../sandbox/child/read-lines.ts";
import type { QueryEnd, QueryOrder } from "../order.ts";
import type { QueryWorkerMessage } from "./sql-query-worker.ts";

const STDOUT = 1;
const LOOK_EVERY_MS = 5;
const NEWLINE = 10;

type Input = Readonly<{ read: () => Promise<{ done: boolean; value?: Uint8Array | undefined }> }>;

export async function runQueryChild(): Promise<never> {
  const worker = new Worker(new URL("./sql-query-worker.ts", import.meta.url).href);
  const messages = messagesOf(worker);
  try {
    const input = Bun.stdin.stream().getReader();
    const order = await readOrder(input);
    void untilClosed(input).finally(end);
    // "loaded"
    await messages.next();
    watchMemory(order.memoryBytes);
    worker.postMessage(order);
    answer(await messages.next());
  } catch {
    // The gateway has gone, or sees that this has.
  }
  return end();
}

/** The gateway's own text, as JSON. */
async function readOrder(input: Input): Promise<QueryOrder> {
  const parts: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await input.read();
    if (done || value === undefined) return end();
    parts.push(value);
    if (value.at(-1) === NEWLINE) return JSON.parse(Buffer.concat(parts).toString());
  }
}

async function untilClosed(input: Input): Promise<void> {
  for (let ended = false; !ended; ) ended = (await input.read()).done;
}

function watchMemory(mostBytes: number): void {
  const most = process.memoryUsage.rss() + mostBytes;
  setInterval(() => {
    if (process.memoryUsage.rss() <= most) return;
    const message = `The query took more than ${Math.round(mostBytes / 2 ** 20)} MiB of memory.`;
    writeEnd({ fault: { kind: "memory", message, hint: MEMORY_HINT } });
    end();
  }, LOOK_EVERY_MS);
}

const MEMORY_HINT =
  "Sort, group or join less at once: select few columns into a WITH … AS MATERIALIZED (…), or read fewer of the newest events.";

function answer(said: QueryWorkerMessage): void {
  if (said === "loaded") return;
  if ("broken" in said) writeEnd({ fault: { kind: "file", message: said.broken } });
  else if ("fault" in said) writeEnd(said);
  else {
    writeEnd({ ...said.head, lines: said.text === "" ? 0 : said.text.split("\n").length });
    if (said.text !== "") writeLine(STDOUT, said.text);
  }
}

function writeEnd(line: QueryEnd): void {
  writeLine(STDOUT, JSON.stringify(line));
}

/** Returns the worker's messages, in turn. */
function messagesOf(worker: Worker): Readonly<{ next: () => Promise<QueryWorkerMessage> }> {
  const said: QueryWorkerMessage[] = [];
  let hear = (): void => undefined;
  worker.onmessage = ({ data }: MessageEvent<QueryWorkerMessage>) => {
    said.push(data);
    hear();
  };
  worker.onerror = () => end();
  return {
    async next() {
      while (said.length === 0) {
        await new Promise<void>((resolve) => {
          hear = resolve;
        });
      }
      return said.shift() ?? end();
    },
  };
}

/** Killed rather than left: at an exit the runtime would wait for the worker. */
function end(): never {
  process.kill(process.pid, "SIGKILL");
  throw new Error("not reached");
}
