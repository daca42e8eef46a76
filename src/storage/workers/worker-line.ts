/**
 * A long-lived worker and the questions that wait for its answers. A worker that dies is replaced at the next question.
 */
import { errorCode, errorMessage } from "../../lib/errors.ts";

export type LineAnswer<Value> = Readonly<{
  id: number;
  value: Value | null;
  /** The worker's error: see `lineFault`. */
  error: LineFault | null;
}>;

export type LineFault = Readonly<{ message: string; code: string | null }>;

type Waiting<Value> = Readonly<{ resolve: (value: Value | null) => void; reject: (error: Error) => void }>;

type WorkerLine<Request, Value> = Readonly<{
  nextId: () => number;
  /** Rejects with the worker's error, when the worker dies, and when the line is stopped. */
  ask: (id: number, request: Request) => Promise<Value | null>;
  /** Sends a message without waiting for an answer; does nothing if no worker runs. */
  tell: (request: Request) => void;
  /** Rejects a waiting question; a later answer to it is dropped. */
  reject: (id: number, error: Error) => void;
  stop: () => void;
}>;

export function openWorkerLine<Request, Value>(options: {
  script: URL;
  /** Names the worker in errors. */
  what: string;
  /** The first message to each new worker. */
  first?: Request;
}): WorkerLine<Request, Value> {
  const { script, what, first } = options;
  const waiting = new Map<number, Waiting<Value>>();
  let lastId = 0;
  let isStopped = false;
  let worker: Worker | null = null;

  function start(): Worker {
    const started = new Worker(script.href);
    started.onmessage = ({ data }: MessageEvent<LineAnswer<Value>>) => {
      const asker = take(data.id);
      if (data.error === null) asker?.resolve(data.value);
      else asker?.reject(withCode(data.error));
    };
    started.onerror = (event: ErrorEvent) => lose(started, `${what} failed: ${event.message}`);
    // A worker may end without an error event.
    started.addEventListener("close", () => lose(started, `${what} has ended`));
    if (first !== undefined) started.postMessage(first);
    return started;
  }

  function lose(dead: Worker, reason: string): void {
    if (worker !== dead) return;
    worker = null;
    dead.terminate();
    rejectAll(reason);
  }

  function take(id: number): Waiting<Value> | undefined {
    const asker = waiting.get(id);
    waiting.delete(id);
    // A worker nobody waits for does not keep the program running.
    if (waiting.size === 0) worker?.unref();
    return asker;
  }

  function rejectAll(reason: string): void {
    for (const asker of waiting.values()) asker.reject(new Error(reason));
    waiting.clear();
  }

  return {
    nextId() {
      lastId += 1;
      return lastId;
    },
    ask(id, request) {
      if (isStopped) return Promise.reject(new Error(`${what} has been stopped`));
      worker ??= start();
      worker.ref();
      const answered = new Promise<Value | null>((resolve, reject) => waiting.set(id, { resolve, reject }));
      worker.postMessage(request);
      return answered;
    },
    tell: (request) => worker?.postMessage(request),
    reject: (id, error) => take(id)?.reject(error),
    stop() {
      isStopped = true;
      worker?.terminate();
      rejectAll(`${what} has been stopped`);
    },
  };
}

/** Turns an error into a message on the worker's side: passed as it is, it would lose SQLite's or the system's code. */
export function lineFault(error: unknown): LineFault {
  return { message: errorMessage(error), code: errorCode(error) };
}

function withCode({ message, code }: LineFault): Error {
  return code === null ? new Error(message) : Object.assign(new Error(message), { code });
}
