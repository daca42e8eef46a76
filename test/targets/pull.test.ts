import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { requestOf } from "../../src/targets/pull/pulled-request.ts";
import { type Lease, Pulls } from "../../src/targets/pull/pulls.ts";
import { createTargetTypes } from "../../src/targets/registry.ts";
import type { Signer } from "../../src/targets/signing.ts";
import type { DeliveryAttempt, Outcome } from "../../src/targets/target-type.ts";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";
import { createTestOutbound, neverAborted } from "../support/outbound.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { describeTargetContract } from "./contract.ts";
import { attemptOf, event, startTargetBench } from "./target-bench.ts";

const OF = { webhookId: attemptOf({}).webhook.id, targetId: attemptOf({}).target.id };
const DELIVERED: Outcome = { kind: "delivered", response: null };
const RELEASED = { kind: "released" };

describeTargetContract({
  type: "pull",
  config: () => ({ headers: { Authorization: "Bearer hunter2" }, drop_headers: ["cookie"] }),
  secrets: ["hunter2"],
  success: { status: 200, body: "" },
  remote: false,
  attend({ pulls }) {
    async function attendOne(): Promise<void> {
      const leases = await pulls.take({ ...OF, max: 10, waitMs: 20_000, signal: neverAborted });
      for (const { id } of leases) pulls.settle({ targetId: OF.targetId, leaseId: id, outcome: DELIVERED });
      if (leases.length > 0) await attendOne();
    }
    void attendOne();
  },
});

let clock: FakeClock;
let pulls: Pulls;
let wanted: string[];
let deliver: (changes?: Partial<DeliveryAttempt<unknown>>) => Promise<unknown>;

beforeEach(() => {
  clock = createFakeClock();
  wanted = [];
  const { log } = createRecordingLog();
  pulls = new Pulls({ clock, log, onWanted: (webhookId) => wanted.push(webhookId) });
  const type = createTargetTypes({ outbound: createTestOutbound(), log, clock, pulls }).get("pull");
  deliver = (changes) => type.deliver(attemptOf({}, changes));
});
afterEach(() => pulls.stop());

const take = (max = 10, signal: AbortSignal = neverAborted) =>
  pulls.take({ ...OF, max, waitMs: 20_000, signal });
const room = (inFlight: number) => pulls.roomFor({ targetId: OF.targetId, inFlight });
const settle = ([lease]: readonly Lease[], outcome: Outcome = DELIVERED, targetId = OF.targetId) =>
  pulls.settle({ targetId, leaseId: lease?.id ?? "", outcome });
const withBody = (bytes: number) => ({ event: { ...event, body: new Uint8Array(bytes) } });

describe("a delivery that is pulled", () => {
  test("goes to the pull that waits, and ends with the result for its lease", async () => {
    const pulled = take();
    const delivery = deliver();
    const leases = await pulled;
    expect(leases.map(({ attempt }) => attempt.event.id)).toEqual([event.id]);
    expect(pulls.presence(OF.targetId)).toMatchObject({ isConnected: true, leased: 1 });
    expect(settle(leases)).toBe(true);
    expect(await delivery).toEqual(DELIVERED);
    expect(settle(leases)).toBe(false);
  });

  test("is due again without a result once its time is up, and the late result is refused", async () => {
    const pulled = take();
    const delivery = deliver({ timeoutMs: 5_000 });
    const leases = await pulled;
    clock.advance(4_999);
    expect(pulls.presence(OF.targetId).leased).toBe(1);
    clock.advance(1);
    expect(await delivery).toEqual(RELEASED);
    expect(settle(leases)).toBe(false);
  });

  test("is not ended by a result that another target's puller brings", async () => {
    const pulled = take();
    const delivery = deliver();
    const leases = await pulled;
    const other = "0190a000-0000-7000-8000-000000000099";
    void pulls.take({ ...OF, targetId: other, max: 1, waitMs: 1, signal: neverAborted });
    expect(settle(leases, DELIVERED, other)).toBe(false);
    settle(leases);
    expect(await delivery).toEqual(DELIVERED);
  });

  test("waits a second for the next pull; then its body leaves the memory", async () => {
    const [first, second] = [deliver(), deliver()];
    await Bun.sleep(0);
    const leases = await take(1);
    settle(leases);
    expect(await first).toEqual(DELIVERED);
    clock.advance(1_000);
    expect(await second).toEqual(RELEASED);
    const third = deliver();
    await Bun.sleep(0);
    clock.advance(999);
    settle(await take());
    expect(await third).toEqual(DELIVERED);
  });

  test("is let go of where the gateway aborts it, handed out or not", async () => {
    const abort = new AbortController();
    const pulled = take(1);
    const both = [deliver({ signal: abort.signal }), deliver({ signal: abort.signal })];
    const leases = await pulled;
    abort.abort();
    expect(await Promise.all(both)).toEqual([RELEASED, RELEASED]);
    expect(settle(leases)).toBe(false);
    expect(await deliver({ signal: abort.signal })).toEqual(RELEASED);
  });
});

describe("pulls of one target", () => {
  test("compete: each delivery goes to one of them, the first gets the first", async () => {
    const [first, second] = [take(2), take(2)];
    for (let n = 0; n < 3; n++) void deliver();
    expect([(await first).length, (await second).length]).toEqual([2, 1]);
  });

  test("get no more than 4 MB together, and a larger body alone", async () => {
    const mb = 1024 * 1024;
    for (const size of [5 * mb, 3 * mb, mb, 1, mb]) void deliver(withBody(size));
    await Bun.sleep(0);
    const sizes = async () => (await take()).map(({ attempt }) => attempt.event.body.byteLength);
    expect([await sizes(), await sizes(), await sizes()]).toEqual([[5 * mb], [3 * mb, mb], [1, mb]]);
  });

  test("end empty after their time, but not before the engine could look into the file", async () => {
    const pulled = pulls.take({ ...OF, max: 1, waitMs: 0, signal: neverAborted });
    clock.advance(249);
    void deliver();
    expect(await pulled).toHaveLength(1);
    const empty = take();
    clock.advance(20_000);
    expect(await empty).toEqual([]);
  });

  test("are refused where a hundred wait already", async () => {
    const waiting = Array.from({ length: 100 }, () => take());
    expect(await take().then(() => "waits", String)).toContain("100 programs wait");
    clock.advance(20_000);
    await Promise.all(waiting);
    const next = take();
    clock.advance(20_000);
    expect(await next).toEqual([]);
  });

  test("of none only bring results, and do not wait", async () => {
    expect(await take(0)).toEqual([]);
    expect(wanted).toEqual([]);
  });

  test("end at a stop, with all deliveries", async () => {
    const pulled = take(1);
    const delivery = deliver();
    const leases = await pulled;
    const waiting = take();
    pulls.stop();
    expect(await waiting).toEqual([]);
    expect(await delivery).toEqual(RELEASED);
    expect([settle(leases), await deliver(), await take()]).toEqual([false, RELEASED, []]);
  });
});

describe("the room for attempts", () => {
  test("is what the waiting pulls want, less what is under way and not handed out", async () => {
    expect(room(0)).toBe(0);
    void take(3);
    void take(2);
    expect([room(0), room(4), room(9)]).toEqual([5, 1, 0]);
    const delivery = deliver();
    await Bun.sleep(0);
    // One is leased, and one pull of two is left.
    expect(room(1)).toBe(2);
    void delivery;
  });

  test("is asked for where the engine was turned away, and not by every pull", async () => {
    const abort = new AbortController();
    void take(1, abort.signal);
    expect(wanted).toEqual([OF.webhookId]);
    abort.abort();
    void take(1);
    expect(wanted).toHaveLength(1);
    expect(room(1)).toBe(0);
    void take(1);
    expect(wanted).toHaveLength(2);
  });
});

test("who pulls is known, and when one did last", async () => {
  expect(pulls.presence(OF.targetId)).toEqual({ isConnected: false, lastPullAt: null, leased: 0 });
  const waiting = take();
  expect(pulls.presence(OF.targetId).isConnected).toBe(true);
  clock.advance(20_000);
  await waiting;
  const endedAt = clock.now();
  expect(pulls.presence(OF.targetId)).toEqual({ isConnected: true, lastPullAt: endedAt, leased: 0 });
  clock.advance(3_000);
  expect(pulls.presence(OF.targetId)).toEqual({ isConnected: false, lastPullAt: endedAt, leased: 0 });
  expect([...pulls.takeLastPulls()]).toEqual([[OF.targetId, endedAt]]);
  expect(pulls.takeLastPulls().size).toBe(0);
});

test("a puller gets the headers, in order, and the bytes that an http target gets", async () => {
  const http = await startTargetBench("http");
  const signer: Signer = {
    headers: ({ id, now }) => [
      ["webhook-id", id],
      ["webhook-timestamp", String(Math.floor(now / 1_000))],
      ["webhook-signature", "v1,abc"],
    ],
  };
  const config = { headers: { "X-Own": "1" }, drop_headers: ["x-unwanted"], forward_headers: ["via"] };
  const changes = {
    signer,
    attempt: 3,
    event: {
      ...event,
      body: Uint8Array.from({ length: 256 }, (_, byte) => byte),
      headers: [
        ["Content-Type", "application/octet-stream"],
        ["X-Twice", "1"],
        ["x-unwanted", "1"],
        ["X-Twice", "2"],
        ["Via", "1.1 proxy"],
        ["X-Forwarded-For", "192.0.2.1"],
        ["webhook-signature", "v1,of-the-sender"],
        ["X-Latin", "caf\xe9"],
      ] as const,
    },
  };
  try {
    await http.type.deliver(attemptOf({ ...config, url: http.receiver.url }, changes));
    const [sent] = http.receiver.requests;
    const pulled = take();
    const type = createTargetTypes({ outbound: http.outbound, log: createRecordingLog().log, clock, pulls });
    void type.get("pull").deliver(attemptOf(config, changes));
    const [lease] = await pulled;
    if (!lease || !sent) throw new Error("nothing arrived");
    const request = requestOf(lease, clock.now());
    const ofConnection = new Set(["host", "content-length", "connection", "user-agent"]);
    expect(sent.rawHeaders.filter(([name]) => !ofConnection.has(name.toLowerCase()))).toEqual([
      ...request.headers,
    ]);
    expect(request.headers).toContainEqual(["webhook-signature", "v1,abc"]);
    expect(Buffer.from(sent.body).equals(Buffer.from(request.body))).toBe(true);
  } finally {
    await http.stop();
  }
});
