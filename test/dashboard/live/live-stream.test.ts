import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { type LivePart, openLiveStream, stateOf } from "../../../src/dashboard/live/live-stream.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { startTestEvents } from "../../support/test-events.ts";

const changeSchema = z.object({
  isReset: z.boolean(),
  rows: z.array(z.object({ id: z.string(), markup: z.string() })),
  gone: z.array(z.string()),
});

function row(id: string, markup = `<tr>${id}</tr>`): LivePart {
  return { id, markup };
}

/** Rows, newest first, as the log has them. */
function rowsTo(newest: number, count = 3): LivePart[] {
  return Array.from({ length: count }, (_, index) => row(String(newest - index)));
}

function open(first: LivePart[], seen: string | null = stateOf(first)) {
  const clock = createFakeClock();
  const [left, stopping] = [new AbortController(), new AbortController()];
  const listeners = new Set<() => void>();
  let rows: readonly LivePart[] | Error = first;
  let isSignedIn = true;
  let reads = 0;
  const response = openLiveStream({
    async readParts() {
      reads++;
      if (rows instanceof Error) throw rows;
      return rows;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    isStillAllowed: () => isSignedIn,
    seen,
    clock,
    signal: left.signal,
    stopping: stopping.signal,
  });
  const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader();
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    response,
    listeners,
    clock,
    settled,
    reads: () => reads,
    leave: () => left.abort(),
    stopServer: () => stopping.abort(),
    signOut() {
      isSignedIn = false;
    },
    /** Replaces the file's rows and notifies listeners. */
    async change(next: readonly LivePart[] | Error) {
      rows = next;
      for (const listener of listeners) listener();
      clock.advance(400);
      await settled();
    },
    /** Reads the next chunk; null at the end. */
    async next(): Promise<string | null> {
      const { value, done } = await reader.read();
      return done ? null : new TextDecoder().decode(value);
    },
    async nextChange() {
      const text = await this.next();
      expect(text).toStartWith("event: rows\nid: ");
      return changeSchema.parse(JSON.parse(text?.split("\ndata: ")[1] ?? ""));
    },
  };
}

describe("the stream of a log page", () => {
  test("is silent while the page shows the current rows", async () => {
    const live = open(rowsTo(3));
    expect(await live.next()).toBe("retry: 2000\n\n");
    await live.settled();
    live.clock.advance(15_000);
    expect(await live.next()).toBe(":\n\n");
    expect(live.response.headers.get("content-type")).toStartWith("text/event-stream");
  });

  test("sends new, changed and removed rows, each once", async () => {
    const live = open(rowsTo(3));
    await live.next();
    await live.settled();
    await live.change([row("4"), row("3", "<tr>delivered</tr>"), row("1")]);
    expect(await live.nextChange()).toEqual({
      isReset: false,
      rows: [row("4"), row("3", "<tr>delivered</tr>")],
      gone: ["2"],
    });
    await live.change([row("5"), row("4"), row("3", "<tr>delivered</tr>")]);
    expect(await live.nextChange()).toEqual({ isReset: false, rows: [row("5")], gone: [] });
  });

  test("combines changes within a short time", async () => {
    const live = open(rowsTo(3));
    await live.next();
    await live.settled();
    for (let count = 0; count < 100; count++) for (const listener of live.listeners) listener();
    live.clock.advance(399);
    expect(live.reads()).toBe(1);
    live.clock.advance(1);
    expect(live.reads()).toBe(2);
  });

  test("resets if more events arrived than a page holds", async () => {
    const live = open(rowsTo(3));
    await live.next();
    await live.settled();
    await live.change(rowsTo(9));
    expect(await live.nextChange()).toEqual({ isReset: true, rows: rowsTo(9), gone: [] });
  });

  test("resets for a browser that shows another state, as after a lost connection", async () => {
    const live = open(rowsTo(3), stateOf(rowsTo(2)));
    await live.next();
    expect(await live.nextChange()).toEqual({ isReset: true, rows: rowsTo(3), gone: [] });
  });

  test("gives a slow reader the latest state instead of all states", async () => {
    const live = open(rowsTo(3));
    await live.settled();
    for (let newest = 4; newest < 20; newest++) await live.change(rowsTo(newest));
    expect(await live.next()).toBe("retry: 2000\n\n");
    expect((await live.nextChange()).rows).toEqual([row("4")]);
    live.clock.advance(400);
    expect(await live.nextChange()).toEqual({ isReset: true, rows: rowsTo(19), gone: [] });
    expect(live.reads()).toBe(3);
  });

  test("ends when its reader has signed out: with the next change, or the next heartbeat", async () => {
    for (const tell of [
      (live: ReturnType<typeof open>) => live.change(rowsTo(4)),
      (live: ReturnType<typeof open>) => live.clock.advance(15_000),
    ]) {
      const live = open(rowsTo(3));
      await live.next();
      await live.settled();
      live.signOut();
      await tell(live);
      expect(await live.next()).toBe("event: end\ndata:\n\n");
      expect(await live.next()).toBeNull();
      expect(live.listeners.size).toBe(0);
    }
  });

  test("ends when the server stops and when the browser disconnects, and unsubscribes", async () => {
    for (const end of ["leave", "stopServer"] as const) {
      const live = open(rowsTo(3));
      await live.next();
      await live.settled();
      live[end]();
      expect(await live.next()).toBeNull();
      expect(live.listeners.size).toBe(0);
      live.clock.advance(60_000);
      expect(live.reads()).toBe(1);
    }
  });

  test("ends if the event file can no longer be read", async () => {
    const live = open(rowsTo(3));
    await live.next();
    await live.settled();
    await live.change(new Error("broken"));
    expect(await live.next()).toBe("event: end\ndata:\n\n");
    expect(await live.next()).toBeNull();
  });
});

test("an event that is stored reaches an open page", async () => {
  const app = await startTestEvents();
  const page = await (await app.ask(`${app.path}/logs?method=POST`)).text();
  const state = /data-state="([^"]+)"/.exec(page)?.[1];
  const response = await app.ask(`${app.path}/logs/live?method=POST&state=${state}`);
  const pieces = (response.body ?? new ReadableStream<Uint8Array>()).getReader();
  expect(new TextDecoder().decode((await pieces.read()).value)).toBe("retry: 2000\n\n");
  await app.addEvent({ method: "GET" });
  const event = await app.addEvent();
  /** Advances the clock while the file is read slowly, as that may take many turns: heartbeats occur in between. */
  async function nextRows(): Promise<string> {
    let text: string | null = null;
    const reading = pieces.read().then(({ value }) => {
      text = new TextDecoder().decode(value);
    });
    while (text === null) {
      app.clock.advance(1);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await reading;
    return text === ":\n\n" ? nextRows() : text;
  }
  const text = await nextRows();
  const change = changeSchema.parse(JSON.parse(text.split("\ndata: ")[1] ?? ""));
  expect(change.rows.map(({ id }) => id)).toEqual([event.id]);
  expect(change.rows[0]?.markup).toContain(`/events/${event.id}?method=POST`);
  await app.stop();
});
