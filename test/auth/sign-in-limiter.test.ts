import { beforeEach, describe, expect, test } from "bun:test";
import { createSignInLimiter, type SignInLimiter } from "../../src/auth/sign-in-limiter.ts";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";

const ADDRESS_FREE = 10;
const DEVICE_FREE = 5;

let clock: FakeClock;
let limiter: SignInLimiter;

beforeEach(() => {
  clock = createFakeClock();
  limiter = createSignInLimiter(clock);
});

function attempt(values: { username?: string; remoteAddress?: string; device?: string | null } = {}) {
  return limiter.begin({
    username: "ada",
    remoteAddress: "192.0.2.1",
    device: null,
    ...values,
  });
}

function fail(times: number, values: Parameters<typeof attempt>[0] = {}): void {
  for (let count = 0; count < times; count++) expect(attempt(values).allowed).toBe(true);
}

function waitOf(values: Parameters<typeof attempt>[0] = {}): number {
  const turn = attempt(values);
  if (turn.allowed) throw new Error("the attempt was allowed");
  return turn.retryAfterMs;
}

describe("the sign-in limiter", () => {
  test("lets a few mistakes pass, then makes the same address wait twice as long each time", () => {
    for (let count = 0; count < ADDRESS_FREE; count++) fail(1, { username: `user-${count}` });
    const waits: number[] = [];
    for (let count = 0; count < 4; count++) {
      waits.push(waitOf({ username: "another" }));
      clock.advance(waits.at(-1) ?? 0);
      fail(1, { username: `later-${count}` });
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000]);
  });

  test("never makes an address wait longer than a quarter of an hour", () => {
    for (let count = 0; count < 40; count++) {
      const turn = attempt({ username: `user-${count}` });
      if (turn.allowed) continue;
      expect(turn.retryAfterMs).toBeLessThanOrEqual(15 * 60_000);
      clock.advance(turn.retryAfterMs);
    }
  });

  test("makes everybody wait who guesses at one name, from whatever address, half a minute at most", () => {
    for (let count = 0; count < 40; count++) {
      const turn = attempt({ remoteAddress: `198.51.100.${count}` });
      if (turn.allowed) continue;
      expect(turn.retryAfterMs).toBeLessThanOrEqual(30_000);
      clock.advance(turn.retryAfterMs);
      fail(1, { remoteAddress: `198.51.100.${count}` });
    }
    expect(waitOf({ remoteAddress: "203.0.113.9" })).toBe(30_000);
  });

  test("lets a user in with a browser that they have used, however much others guess at the name", () => {
    for (let count = 0; count < ADDRESS_FREE; count++) fail(1, { remoteAddress: `198.51.100.${count}` });
    expect(attempt({ remoteAddress: "203.0.113.9" }).allowed).toBe(false);
    expect(attempt({ remoteAddress: "192.0.2.1", device: "browser-1" }).allowed).toBe(true);
  });

  test("lets a user in with a browser that they have used, whatever others at its address guess", () => {
    for (let count = 0; count < ADDRESS_FREE; count++) fail(1, { username: `user-${count}` });
    expect(attempt({ username: "bob" }).allowed).toBe(false);
    expect(attempt({ device: "browser-1" }).allowed).toBe(true);
  });

  test("slows guesses made with a known browser too, and that one alone", () => {
    fail(DEVICE_FREE, { device: "browser-1" });
    expect(waitOf({ device: "browser-1" })).toBe(1_000);
    expect(attempt({ device: "browser-2" }).allowed).toBe(true);
  });

  test("counts an attempt whose password was not looked at for nothing", () => {
    for (let count = 0; count < 3 * ADDRESS_FREE; count++) {
      const turn = attempt();
      if (!turn.allowed) throw new Error("the attempt was counted");
      turn.withdraw();
    }
    fail(ADDRESS_FREE);
    expect(attempt().allowed).toBe(false);
  });

  test("counts guesses that are made at once one by one", () => {
    const allowed = Array.from({ length: 50 }, () => attempt()).filter((turn) => turn.allowed);
    expect(allowed).toHaveLength(ADDRESS_FREE);
  });

  test("does not count what it refuses, so that asking on and on keeps nobody out", () => {
    fail(ADDRESS_FREE);
    for (let count = 0; count < 100; count++) waitOf();
    clock.advance(1_000);
    expect(attempt().allowed).toBe(true);
  });

  test("forgets a name's failures once its user is in, and the success itself at the address", () => {
    fail(DEVICE_FREE - 1, { device: "browser-1" });
    const turn = attempt({ device: "browser-1" });
    if (turn.allowed) turn.succeeded();
    fail(DEVICE_FREE, { device: "browser-1" });
    expect(attempt({ device: "browser-1" }).allowed).toBe(false);
  });

  test("lets nobody clear the way for guesses by signing in to an account of their own", () => {
    for (let count = 0; count < ADDRESS_FREE - 1; count++) fail(1, { username: `user-${count}` });
    const own = attempt({ username: "mallory" });
    if (own.allowed) own.succeeded();
    fail(1, { username: "victim" });
    expect(attempt({ username: "victim" }).allowed).toBe(false);
  });

  test("forgets failures after an hour of quiet", () => {
    fail(ADDRESS_FREE);
    clock.advance(60 * 60_000);
    fail(ADDRESS_FREE);
  });

  test("does not tell upper from lower case in names", () => {
    for (let count = 0; count < ADDRESS_FREE; count++) {
      fail(1, { username: count % 2 === 0 ? "ADA" : "ada", remoteAddress: `198.51.100.${count}` });
    }
    expect(attempt({ username: "Ada", remoteAddress: "203.0.113.9" }).allowed).toBe(false);
  });

  test("takes a /64 of IPv6 for one address", () => {
    for (let count = 0; count < ADDRESS_FREE; count++) {
      fail(1, { username: `user-${count}`, remoteAddress: `2001:db8:1:2::${count + 1}` });
    }
    expect(attempt({ username: "x", remoteAddress: "2001:db8:1:2:ffff::1" }).allowed).toBe(false);
    expect(attempt({ username: "x", remoteAddress: "2001:db8:1:3::1" }).allowed).toBe(true);
  });
});
