/** The loop of `webhooker listen`, with a scripted gateway and a fake clock. */
import { beforeEach, describe, expect, test } from "bun:test";
import { Listener, type Made } from "../../src/cli/client/listen/listener.ts";
import type { Answer, Pulled, PulledDelivery, PullRequest } from "../../src/cli/client/listen/pulled.ts";
import { createOutage } from "../../src/cli/client/outage.ts";
import { RemoteError } from "../../src/cli/client/remote-error.ts";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";

const OK: Answer = { status_code: 200, headers: [], body_base64: "", body_truncated: false };

type Poll = Readonly<{
  request: PullRequest;
  signal: AbortSignal;
  answer: (pulled: Partial<Pulled>) => void;
  fail: (error: unknown) => void;
}>;

let clock: FakeClock;
let polls: Poll[];
let made: Made[];
let told: string[];
let make: (delivery: PulledDelivery, signal: AbortSignal) => Promise<Answer>;

beforeEach(() => {
  clock = createFakeClock();
  polls = [];
  made = [];
  told = [];
  make = async () => OK;
});

function start(changes: { once?: boolean; concurrency?: number } = {}) {
  const listener = new Listener({
    pull: (request, { signal }) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(unreachable()));
        polls.push({
          request,
          signal,
          answer: (pulled) => resolve({ data: [], unknown_leases: [], paused: false, ...pulled }),
          fail: reject,
        });
      }),
    make: (delivery, signal) => make(delivery, signal),
    onMade: (one) => made.push(one),
    onLate: (count) => told.push(`${count} late`),
    onPaused: (isPaused) => told.push(isPaused ? "paused" : "resumed"),
    outage: createOutage({ tell: (line) => told.push(line), clock, random: () => 0.5 }),
    clock,
    concurrency: changes.concurrency ?? 4,
    once: changes.once ?? false,
  });
  const running = listener.run();
  running.catch(() => undefined);
  return { listener, running };
}

/** Runs what is ready. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function nextPoll(): Promise<Poll> {
  for (;;) {
    const poll = polls.shift();
    if (poll) return poll;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function delivery(lease_id: string, event_id = "e1", attempt = 1): PulledDelivery {
  return {
    lease_id,
    lease_ms: 30_000,
    event_id,
    attempt,
    received_at: "2026-01-01T00:00:00.000Z",
    type: null,
    method: "POST",
    path: "",
    query: "",
    headers: [],
    body_base64: "",
  };
}

const unreachable = () => new RemoteError({ kind: "unavailable", message: "It cannot be reached." });
const leasesIn = ({ request }: Poll) => request.results.map(({ lease_id }) => lease_id);

describe("a listener", () => {
  test("has deliveries made and brings each result at once, beside a poll that waits", async () => {
    start();
    (await nextPoll()).answer({ data: [delivery("l1")] });
    const waiting = await nextPoll();
    const bringing = leasesIn(waiting).length > 0 ? waiting : await nextPoll();
    expect([leasesIn(bringing), bringing.request.results[0]]).toEqual([["l1"], { lease_id: "l1", ...OK }]);
    expect(made).toHaveLength(1);
  });

  test("asks for no more than it has places for", async () => {
    const ends: (() => void)[] = [];
    make = () => new Promise((resolve) => ends.push(() => resolve(OK)));
    start({ concurrency: 2 });
    const first = await nextPoll();
    expect(first.request.max).toBe(2);
    first.answer({ data: [delivery("l1"), delivery("l2", "e2")] });
    await settle();
    expect(polls).toEqual([]);
    ends[0]?.();
    await settle();
    clock.advance(3);
    const second = await nextPoll();
    expect([second.request.max, leasesIn(second)]).toEqual([1, ["l1"]]);
  });

  test("answers a delivery again from memory where the gateway did not get its result", async () => {
    start();
    (await nextPoll()).answer({ data: [delivery("l1")] });
    const bringing = await nextPoll();
    // The gateway was restarted: it knows none of its leases, and hands the delivery out again.
    bringing.answer({ unknown_leases: leasesIn(bringing), data: [delivery("l2")] });
    let again = await nextPoll();
    while (!leasesIn(again).includes("l2")) again = await nextPoll();
    expect(made).toHaveLength(1);
    expect(told.some((line) => line === "1 late")).toBe(true);
    again.answer({ data: [delivery("l3", "e1", 2)] });
    await settle();
    expect(made.map(({ delivery: { lease_id } }) => lease_id)).toEqual(["l1", "l3"]);
  });

  test("says when it is disconnected, waits longer each time, and says when that is over", async () => {
    start();
    (await nextPoll()).fail(unreachable());
    await settle();
    expect(told[0]).toMatch(/^Disconnected at \d\d:\d\d:\d\d: It cannot be reached\. Trying again …$/);
    clock.advance(249);
    await settle();
    expect(polls).toEqual([]);
    clock.advance(1);
    (await nextPoll()).fail(unreachable());
    await settle();
    clock.advance(500);
    (await nextPoll()).answer({});
    await settle();
    expect(told.slice(1)).toEqual(["Connected again after 750 ms."]);
  });

  test("ends where the gateway refuses", async () => {
    const { running } = start();
    (await nextPoll()).fail(new RemoteError({ kind: "not_found", message: "No such target." }));
    expect(await running.then(() => "ended", String)).toContain("No such target.");
  });

  test("asks anew at once after the machine slept, and drops deliveries whose leases have ended", async () => {
    start();
    const slept = await nextPoll();
    clock.jump(3_600_000);
    clock.advance(1_000);
    expect(slept.signal.aborted).toBe(true);
    const awake = await nextPoll();
    clock.jump(3_600_000);
    awake.answer({ data: [delivery("l1")] });
    await nextPoll();
    expect(made).toEqual([]);
  });

  test("finishes what is under way at a stop, and brings the results", async () => {
    const ends: (() => void)[] = [];
    make = () => new Promise((resolve) => ends.push(() => resolve(OK)));
    const { listener, running } = start();
    (await nextPoll()).answer({ data: [delivery("l1")] });
    const waiting = await nextPoll();
    listener.stop();
    expect(waiting.signal.aborted).toBe(true);
    ends[0]?.();
    const last = await nextPoll();
    expect([last.request.max, leasesIn(last)]).toEqual([0, ["l1"]]);
    last.answer({});
    await running;
  });

  test("lets go of what is under way at a second stop", async () => {
    make = (_, signal) =>
      new Promise((resolve) => signal.addEventListener("abort", () => resolve({ released: true })));
    const { listener, running } = start();
    (await nextPoll()).answer({ data: [delivery("l1")] });
    await nextPoll();
    listener.stop();
    listener.stop();
    const last = await nextPoll();
    expect(last.request.results).toEqual([{ lease_id: "l1", released: true }]);
    last.answer({});
    await running;
  });

  test("with once ends when nothing more is due and every result was brought", async () => {
    const { running } = start({ once: true });
    (await nextPoll()).answer({ data: [delivery("l1")] });
    let isOver = false;
    void running.then(() => {
      isOver = true;
    });
    while (!isOver) {
      polls.shift()?.answer({});
      await settle();
    }
    expect(made).toHaveLength(1);
  });

  test("tells when the target is paused, and when it is resumed", async () => {
    start();
    for (const paused of [false, true, true, false]) (await nextPoll()).answer({ paused });
    await settle();
    expect(told).toEqual(["paused", "resumed"]);
  });
});
