import { beforeEach, describe, expect, test } from "bun:test";
import { AckPolicy, DeliverPolicy } from "@nats-io/jetstream";
import { headers, type MsgHdrs } from "@nats-io/transport-node";
import { openSource, type Source, type Wire } from "../../../../src/storage/cluster/nats/pull.ts";
import { createFakeClock, type FakeClock } from "../../../support/fake-clock.ts";
import { thrownBy } from "../../../support/thrown.ts";

type Callback = Parameters<Wire["nats"]["subscribe"]>[1]["callback"];

let clock: FakeClock;
let callback: Callback;
let pulls: unknown[];
let deleted: string[];
let isSubscribed: boolean;
let source: Source;

const settle = () => new Promise((resolve) => setImmediate(resolve));
/** Lets time pass in steps in which what it wakes can run. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    await settle();
    clock.advance(100);
  }
  await settle();
}

beforeEach(async () => {
  clock = createFakeClock();
  pulls = [];
  deleted = [];
  isSubscribed = false;
  source = await openSource({
    connection: {
      nats: {
        publish: (subject, request) => void pulls.push([subject, JSON.parse(request)]),
        subscribe(_subject, options) {
          isSubscribed = true;
          callback = options.callback;
          return {
            unsubscribe() {
              isSubscribed = false;
            },
          };
        },
      },
      isConnected: () => true,
    },
    consumers: {
      async add(stream, config) {
        expect([stream, config.opt_start_seq, config.num_replicas]).toEqual(["WHLOG_0", 5, 1]);
        return { name: "c", cluster: { leader: "n2" } };
      },
      async delete(_stream, name) {
        deleted.push(name);
        return true;
      },
    },
    policies: { ack_policy: AckPolicy.None, deliver_policy: DeliverPolicy.StartSequence },
    clock,
    stream: "WHLOG_0",
    from: 5,
  });
});

function deliver(
  sequence: number,
  delivery: number,
  options: { reply?: string; fields?: MsgHdrs } = {},
): void {
  const { reply = `$JS.ACK.WHLOG_0.c.1.${sequence}.${delivery}.1700000000000000000.0`, fields } = options;
  const message = { subject: "whlog.0.b", data: new Uint8Array([sequence]), reply };
  callback(null, fields === undefined ? message : { ...message, headers: fields });
}

function status(code: number, text: string): void {
  callback(null, { subject: "inbox", data: new Uint8Array(), headers: headers(code, text) });
}

const sequences = async () => (await source.next()).map(({ sequence }) => sequence);

describe("what a server sends", () => {
  test("is handed on with its place, id and part, whichever form the place has", async () => {
    const fields = headers();
    fields.set("Nats-Msg-Id", "r-6");
    fields.set("Webhooker-Part", "2/2");
    deliver(5, 1);
    deliver(6, 2, { reply: "$JS.ACK.domain.account.WHLOG_0.c.1.6.2.1700000000000000000.0.token", fields });
    const data = (byte: number) => new Uint8Array([byte]);
    expect(await source.next()).toEqual([
      { sequence: 5, subject: "whlog.0.b", data: data(5), id: "", part: "" },
      { sequence: 6, subject: "whlog.0.b", data: data(6), id: "r-6", part: "2/2" },
    ]);
    expect(source.server).toBe("n2");
  });

  test("is waited for", async () => {
    const next = sequences();
    await settle();
    deliver(5, 1);
    expect(await next).toEqual([5]);
  });

  test("is asked for in requests of a bounded size, one at a time", async () => {
    const next = sequences();
    await settle();
    expect(pulls).toEqual([
      [
        "$JS.API.CONSUMER.MSG.NEXT.WHLOG_0.c",
        { batch: 500, max_bytes: 8 * 1024 * 1024, expires: 30e9, idle_heartbeat: 0.5e9 },
      ],
    ]);
    for (let n = 1; n <= 500; n++) deliver(n + 4, n);
    expect(pulls).toHaveLength(1);
    expect(await next).toHaveLength(500);
    // While these are worked on, the next ones come in, and no more than that.
    expect(pulls).toHaveLength(2);
    for (let n = 501; n <= 1_000; n++) deliver(n + 4, n);
    await pass(1_000);
    expect(pulls).toHaveLength(2);
    expect(await sequences()).toHaveLength(500);
    expect(pulls).toHaveLength(3);
  });

  test.each([
    [404, "No Messages"],
    [408, "Request Timeout"],
    [409, "Batch Completed"],
    [409, "Message Size Exceeds MaxBytes"],
  ])("is asked for again after %d %s", async (code, text) => {
    const next = sequences();
    await settle();
    status(code, text);
    await pass(100);
    expect(pulls).toHaveLength(2);
    deliver(5, 1);
    expect(await next).toEqual([5]);
  });

  test.each([
    [409, "Consumer Deleted"],
    [409, "Leadership Change"],
    [409, "Server Shutdown"],
    [400, "Bad Request"],
  ])("ends with %d %s, after what came before it", async (code, text) => {
    deliver(5, 1);
    status(code, text);
    expect(await sequences()).toEqual([5]);
    expect(String(await thrownBy(() => source.next()))).toContain(`${text} (${code})`);
  });

  test("ends if one of its messages did not arrive, after those before it", async () => {
    deliver(5, 1);
    deliver(7, 3);
    deliver(8, 4);
    expect(await sequences()).toEqual([5]);
    expect(String(await thrownBy(() => source.next()))).toContain("lost on the way");
  });
});

describe("a server", () => {
  test("that does not know the consumer yet is asked a few times more, with pauses", async () => {
    const next = sequences();
    for (let n = 1; n <= 19; n++) {
      await settle();
      expect(pulls).toHaveLength(n);
      status(503, "No Responders");
      await settle();
      expect(pulls).toHaveLength(n);
      clock.advance(25);
    }
    await settle();
    deliver(5, 1);
    expect(await next).toEqual([5]);
  });

  test("that never knows it is given up", async () => {
    const failed = thrownBy(() => source.next());
    for (let n = 1; n <= 20; n++) {
      await settle();
      status(503, "No Responders");
      await pass(100);
    }
    expect(String(await failed)).toContain("503");
    expect(clock.monotonic()).toBeLessThan(5_000);
  });

  test("that is silent for three heartbeats is given up", async () => {
    const failed = thrownBy(async () => {
      for (;;) await source.next();
    });
    await pass(1_400);
    status(100, "Idle Heartbeat");
    await pass(1_400);
    let hasFailed = false;
    void failed.then(() => {
      hasFailed = true;
    });
    await settle();
    expect(hasFailed).toBe(false);
    await pass(800);
    expect(String(await failed)).toContain("silent");
  });

  test("is not taken for silent because the caller was busy meanwhile", async () => {
    deliver(5, 1);
    expect(await sequences()).toEqual([5]);
    clock.advance(60_000);
    const next = sequences();
    await pass(200);
    deliver(6, 2);
    expect(await next).toEqual([6]);
  });

  test("that has nothing new is no silent one: the caller hears so every two seconds", async () => {
    const next = sequences();
    for (let n = 0; n < 5; n++) {
      await pass(500);
      status(100, "Idle Heartbeat");
    }
    expect(await next).toEqual([]);
  });

  test("may be left at any time, also while it is waited for", async () => {
    const failed = thrownBy(() => source.next());
    await settle();
    source.close();
    await failed;
    expect([isSubscribed, deleted]).toEqual([false, ["c"]]);
  });
});
