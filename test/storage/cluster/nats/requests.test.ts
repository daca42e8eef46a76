import { describe, expect, test } from "bun:test";
import { AppError } from "../../../../src/lib/errors.ts";
import { persist, Refusal } from "../../../../src/storage/cluster/nats/requests.ts";
import { createFakeClock, type FakeClock } from "../../../support/fake-clock.ts";
import { appErrorOf, thrownBy } from "../../../support/thrown.ts";

/** Lets everything happen that waits for no time to pass. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

const connected = { isConnected: () => true, connected: () => Promise.resolve() };

function run(clock: FakeClock, attempt: (timeoutMs: number) => Promise<number>, budgetMs = 12_000) {
  return persist({ connection: connected, clock, what: "store it", budgetMs }, attempt);
}

describe("a request to the log", () => {
  test("is repeated until it succeeds", async () => {
    const clock = createFakeClock();
    let attempts = 0;
    const result = run(clock, async () => {
      if (++attempts < 4) throw new Error("no leader");
      return 7;
    });
    for (let n = 0; n < 4; n++) {
      await settle();
      clock.advance(100);
    }
    expect([await result, attempts]).toEqual([7, 4]);
  });

  test("fails as unavailable once its time is up, with the last error as the cause", async () => {
    const clock = createFakeClock();
    let attempts = 0;
    const failed = appErrorOf(() =>
      run(clock, async () => {
        attempts++;
        clock.advance(2_000);
        throw new Error(`no leader ${attempts}`);
      }),
    );
    for (let n = 0; n < 10; n++) {
      await settle();
      clock.advance(100);
    }
    const error = await failed;
    expect(error).toMatchObject({
      kind: "unavailable",
      message: "The cluster's log did not store it in time.",
    });
    expect(String(error.cause)).toBe("Error: no leader 6");
  });

  test("gets at most two seconds for each attempt, and no more than is left", async () => {
    const clock = createFakeClock();
    const timeouts: number[] = [];
    const failed = appErrorOf(() =>
      run(
        clock,
        async (timeoutMs) => {
          timeouts.push(timeoutMs);
          clock.advance(timeoutMs);
          throw new Error("no answer");
        },
        3_000,
      ),
    );
    for (let n = 0; n < 4; n++) {
      await settle();
      clock.advance(100);
    }
    await failed;
    expect(timeouts[0]).toBe(2_000);
    expect(timeouts[1]).toBeLessThan(1_000);
  });

  test.each([
    ["the wall clock says so, as after the machine slept", (clock: FakeClock) => clock.jump(13_000)],
    [
      "the time that passed says so, although the wall clock was set back",
      (clock: FakeClock) => {
        clock.jump(-60_000);
        clock.advance(13_000);
      },
    ],
  ])("is not tried again if its time is up because %s", async (_why, pass) => {
    const clock = createFakeClock();
    let attempts = 0;
    const failed = appErrorOf(() =>
      run(clock, async () => {
        attempts++;
        pass(clock);
        throw new Error("no answer");
      }),
    );
    await settle();
    clock.advance(100);
    expect((await failed).kind).toBe("unavailable");
    expect(attempts).toBe(1);
  });

  test("is tried for a minute at most, so that it stays far from where duplicates are forgotten", async () => {
    const clock = createFakeClock();
    const failed = appErrorOf(() =>
      run(
        clock,
        async () => {
          clock.advance(30_000);
          throw new Error("no answer");
        },
        600_000,
      ),
    );
    for (let n = 0; n < 3; n++) {
      await settle();
      clock.advance(100);
    }
    expect((await failed).kind).toBe("unavailable");
    expect(clock.monotonic()).toBeLessThan(62_000);
  });

  test("is not sent while there is no connection, which would send it much later", async () => {
    const clock = createFakeClock();
    let attempts = 0;
    const connection = {
      isConnected: () => false,
      connected: (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve)),
    };
    const failed = appErrorOf(() =>
      persist({ connection, clock, what: "store it", budgetMs: 5_000 }, async () => ++attempts),
    );
    await settle();
    clock.advance(5_000);
    await settle();
    clock.advance(100);
    expect((await failed).kind).toBe("unavailable");
    expect(attempts).toBe(0);
  });

  test("is not repeated if it was refused", async () => {
    const refusals = [
      new Refusal(10_071, "wrong last sequence"),
      new AppError({ kind: "invalid", message: "no" }),
    ];
    for (const refusal of refusals) {
      let attempts = 0;
      const attempt = async () => {
        attempts++;
        throw refusal;
      };
      expect(await thrownBy(() => run(createFakeClock(), attempt))).toBe(refusal);
      expect(attempts).toBe(1);
    }
  });
});
