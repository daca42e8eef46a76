/** Keeps an open page up to date: new, changed and removed parts, such as a log's newest rows, as server-sent events. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";

export type LivePart = Readonly<{ id: string; markup: string }>;

export type LiveStreamOptions = Readonly<{
  /** Reads all parts that the page shows; rows of a log newest first. */
  readParts: () => Promise<readonly LivePart[]>;
  /** Calls `listener` when something may have changed. Returns a function that unsubscribes. */
  subscribe: (listener: () => void) => () => void;
  isStillAllowed: () => boolean;
  /** The state (see `stateOf`) that the page already shows. */
  seen: string | null;
  /** Time within which changes are sent together. */
  gatherMs?: number;
  clock: Clock;
  /** Aborted when the browser disconnects. */
  signal: AbortSignal;
  /** Aborted when the server stops. */
  stopping: AbortSignal;
}>;

const GATHER_MS = 400;
/** Shorter than the idle limits of proxies; also how long a signed-out page may stay connected silently. */
const HEARTBEAT_MS = 15_000;
const RECONNECT_MS = 2_000;

/** Returns a name for the shown parts, so that a browser can say which state it has. */
export function stateOf(rows: readonly LivePart[]): string {
  return Bun.hash(rows.map(({ markup }) => markup).join("")).toString(36);
}

export function openLiveStream(options: LiveStreamOptions): Response {
  const { clock, signal, stopping, isStillAllowed, gatherMs = GATHER_MS } = options;
  // The stream is woken by others' actions: parts are drawn for the reader who opened it.
  const readParts = AsyncLocalStorage.bind(options.readParts);
  const encoder = new TextEncoder();
  let shown: ReadonlyMap<string, string> | null = null;
  let state = options.seen;
  let isReading = false;
  let isDirty = false;
  let cancelPass: (() => void) | null = null;
  let end = (): void => {};
  let pass = (): void => {};

  function passSoon(): void {
    cancelPass ??= clock.after(gatherMs, () => pass());
  }

  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      const unsubscribe = options.subscribe(() => {
        isDirty = true;
        passSoon();
      });
      let cancelHeartbeat = clock.after(HEARTBEAT_MS, beat);
      let isOpen = true;

      end = () => {
        if (!isOpen) return;
        isOpen = false;
        unsubscribe();
        cancelHeartbeat();
        cancelPass?.();
        signal.removeEventListener("abort", end);
        stopping.removeEventListener("abort", end);
        try {
          controller.close();
        } catch {
          // The browser has already closed it.
        }
      };
      signal.addEventListener("abort", end);
      stopping.addEventListener("abort", end);

      function send(text: string): void {
        if (isOpen) controller.enqueue(encoder.encode(text));
      }

      /** Tells the page not to reconnect. */
      function dismiss(): void {
        send("event: end\ndata:\n\n");
        end();
      }

      function beat(): void {
        if (!isStillAllowed()) {
          dismiss();
          return;
        }
        if (!isBehind()) send(":\n\n");
        cancelHeartbeat = clock.after(HEARTBEAT_MS, beat);
      }

      /**
       * Returns true for a reader that does not keep up; it gets the latest state later instead of a queue of all
       * states.
       */
      function isBehind(): boolean {
        return (controller.desiredSize ?? 0) < 0;
      }

      pass = () => {
        cancelPass = null;
        if (isReading || isBehind()) return;
        isReading = true;
        isDirty = false;
        readParts().then(
          (rows) => {
            isReading = false;
            if (!isOpen) return;
            if (!isStillAllowed()) {
              dismiss();
              return;
            }
            tell(rows);
            if (isDirty) passSoon();
          },
          (error) => {
            isReading = false;
            // The page itself reports what is wrong with the file.
            if (!isBusy(error)) return dismiss();
            isDirty = true;
            passSoon();
          },
        );
      };

      function tell(rows: readonly LivePart[]): void {
        const before = shown;
        shown = new Map(rows.map(({ id, markup }) => [id, markup]));
        const now = stateOf(rows);
        if (now === state) return;
        state = now;
        const change = before === null ? reset(rows) : difference(before, rows);
        send(`event: rows\nid: ${now}\ndata: ${JSON.stringify(change)}\n\n`);
      }

      send(`retry: ${RECONNECT_MS}\n\n`);
      if (signal.aborted || stopping.aborted) end();
      else pass();
    },
    pull() {
      if (isDirty) passSoon();
    },
    cancel: () => end(),
  });
  return new Response(stream, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      // nginx would otherwise hold events back until its buffer is full.
      "x-accel-buffering": "no",
    },
  });
}

/** Returns true if there were too many queries, perhaps of others; that passes. */
function isBusy(error: unknown): boolean {
  return error instanceof AppError && error.code === "busy";
}

type Change = Readonly<{
  /** True if `rows` is everything to show and other rows must go. */
  isReset: boolean;
  rows: readonly LivePart[];
  gone: readonly string[];
  /** Number of all parts. */
  count: number;
}>;

function reset(rows: readonly LivePart[]): Change {
  return { isReset: true, rows, gone: [], count: rows.length };
}

function difference(before: ReadonlyMap<string, string>, rows: readonly LivePart[]): Change {
  const isConnected = before.size === 0 || rows.some(({ id }) => before.has(id));
  // More events arrived than a page holds, so there are others between the old rows and these.
  if (!isConnected) return reset(rows);
  const present = new Set(rows.map(({ id }) => id));
  const oldest = rows.at(-1)?.id ?? "";
  return {
    isReset: false,
    rows: rows.filter(({ id, markup }) => before.get(id) !== markup),
    gone: [...before.keys()].filter((id) => id > oldest && !present.has(id)),
    count: rows.length,
  };
}
