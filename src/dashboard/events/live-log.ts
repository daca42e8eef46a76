/** Keeps an open log page in step: what is new, changed or gone among its newest rows, as server-sent events. */
import type { Clock } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";

export type LiveRow = Readonly<{ id: string; markup: string }>;

export type LiveLogOptions = Readonly<{
  /** The newest rows that fit the filter, newest first. */
  readRows: () => Promise<readonly LiveRow[]>;
  /** Calls when something may have changed; the answer ends that. */
  subscribe: (listener: () => void) => () => void;
  isStillSignedIn: () => boolean;
  /** The state (of `stateOf`) that the page shows already. */
  seen: string | null;
  clock: Clock;
  /** The browser went away. */
  signal: AbortSignal;
  /** The server stops. */
  stopping: AbortSignal;
}>;

/** Changes within this time go out together. */
const GATHER_MS = 400;
/** Shorter than the idle limits of proxies; also how long a signed-out page may stay connected in silence. */
const HEARTBEAT_MS = 15_000;
const RECONNECT_MS = 2_000;

/** Names what a page shows, so that a browser can say what it has. */
export function stateOf(rows: readonly LiveRow[]): string {
  return Bun.hash(rows.map(({ markup }) => markup).join("")).toString(36);
}

export function openLiveLog(options: LiveLogOptions): Response {
  const { clock, signal, stopping, isStillSignedIn } = options;
  const encoder = new TextEncoder();
  let shown: ReadonlyMap<string, string> | null = null;
  let state = options.seen;
  let isReading = false;
  let isDirty = false;
  let cancelPass: (() => void) | null = null;
  let end = (): void => {};
  let pass = (): void => {};

  function lookSoon(): void {
    cancelPass ??= clock.after(GATHER_MS, () => pass());
  }

  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      const unsubscribe = options.subscribe(() => {
        isDirty = true;
        lookSoon();
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
          // The browser closed it first.
        }
      };
      signal.addEventListener("abort", end);
      stopping.addEventListener("abort", end);

      function send(text: string): void {
        if (isOpen) controller.enqueue(encoder.encode(text));
      }

      /** Tells the page not to come back. */
      function dismiss(): void {
        send("event: end\ndata:\n\n");
        end();
      }

      function beat(): void {
        if (!isStillSignedIn()) {
          dismiss();
          return;
        }
        if (!isBehind()) send(":\n\n");
        cancelHeartbeat = clock.after(HEARTBEAT_MS, beat);
      }

      /** A reader that does not keep up gets the latest state later, not a queue of all that were. */
      function isBehind(): boolean {
        return (controller.desiredSize ?? 0) < 0;
      }

      pass = () => {
        cancelPass = null;
        if (isReading || isBehind()) return;
        isReading = true;
        isDirty = false;
        options.readRows().then(
          (rows) => {
            isReading = false;
            if (!isOpen) return;
            if (!isStillSignedIn()) {
              dismiss();
              return;
            }
            tell(rows);
            if (isDirty) lookSoon();
          },
          (error) => {
            isReading = false;
            // The page itself says what is wrong with the file.
            if (!isBusy(error)) return dismiss();
            isDirty = true;
            lookSoon();
          },
        );
      };

      function tell(rows: readonly LiveRow[]): void {
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
      if (isDirty) lookSoon();
    },
    cancel: () => end(),
  });
  return new Response(stream, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      // nginx would hold events back until its buffer is full.
      "x-accel-buffering": "no",
    },
  });
}

/** Too much was asked at once, by others too: it passes. */
function isBusy(error: unknown): boolean {
  return error instanceof AppError && error.code === "busy";
}

type Change = Readonly<{
  /** The rows are all there is to show: forget the others. */
  isReset: boolean;
  rows: readonly LiveRow[];
  gone: readonly string[];
}>;

function reset(rows: readonly LiveRow[]): Change {
  return { isReset: true, rows, gone: [] };
}

function difference(before: ReadonlyMap<string, string>, rows: readonly LiveRow[]): Change {
  const isConnected = before.size === 0 || rows.some(({ id }) => before.has(id));
  // More came at once than a page holds: between the old rows and these there are others.
  if (!isConnected) return reset(rows);
  const present = new Set(rows.map(({ id }) => id));
  const oldest = rows.at(-1)?.id ?? "";
  return {
    isReset: false,
    rows: rows.filter(({ id, markup }) => before.get(id) !== markup),
    gone: [...before.keys()].filter((id) => id > oldest && !present.has(id)),
  };
}
