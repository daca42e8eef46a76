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

function attempt(
  values: {
    username?: string;
    remoteAddress?: string;
    device?: string | null;
    what?: "password" | "code";
  } = {},
) {
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
  test("allows a few mistakes, then doubles an address's wait each time", () => {
    for (let count = 0; count < ADDRESS_FREE; count++) fail(1, { username: `user-${count}` });
    const waits: number[] = [];
    for (let count = 0; count < 4; count++) {
      waits.push(waitOf({ username: "another" }));
      clock.advance(waits.at(-1) ?? 0);
      fail(1, { username: `later-${count}` });
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000]);
  });

  test("never makes an address wait longer than 15 minutes", () => {
    for (let count = 0; count < 40; count++) {
      const turn = attempt({ username: `user-${count}` });
      if (turn.allowed) continue;
      expect(turn.retryAfterMs).toBeLessThanOrEqual(15 * 60_000);
      clock.advance(turn.retryAfterMs);
    }
  });

  test("makes everyone who guesses at one username wait, from any address, at most 30 seconds", () => {
    for (let count = 0; count < 40; count++) {
      const turn = attempt({ remoteAddress: `198.51.100.${count}` });
      if (turn.allowed) continue;
      expect(turn.retryAfterMs).toBeLessThanOrEqual(30_000);
      clock.advance(turn.retryAfterMs);
      fail(1, { remoteAddress: `198.51.100.${count}` });
    }
    expect(waitOf({ remoteAddress: "203.0.113.9" })).toBe(30_000);
  });

  test("lets a user in with a known browser, however many guess at the username", () => {
    for (let count = 0; count < ADDRESS_FREE; count++) fail(1, { remoteAddress: `198.51.100.${count}` });
    expect(attempt({ remoteAddress: "203.0.113.9" }).allowed).toBe(false);
    expect(attempt({ remoteAddress: "192.0.2.1", device: "browser-1" }).allowed).toBe(true);
  });

  test("lets a user in with a known browser, whatever others at its address guess", () => {
    for (let count = 0; count < ADDRESS_FREE; count++) fail(1, { username: `user-${count}` });
    expect(attempt({ username: "bob" }).allowed).toBe(false);
    expect(attempt({ device: "browser-1" }).allowed).toBe(true);
  });

  test("slows guesses made with a known browser too, and only that browser", () => {
    fail(DEVICE_FREE, { device: "browser-1" });
    expect(waitOf({ device: "browser-1" })).toBe(1_000);
    expect(attempt({ device: "browser-2" }).allowed).toBe(true);
  });

  test("does not count an attempt whose password was not checked", () => {
    for (let count = 0; count < 3 * ADDRESS_FREE; count++) {
      const turn = attempt();
      if (!turn.allowed) throw new Error("the attempt was counted");
      turn.withdraw();
    }
    fail(ADDRESS_FREE);
    expect(attempt().allowed).toBe(false);
  });

  test("counts simultaneous guesses one by one", () => {
    const allowed = Array.from({ length: 50 }, () => attempt()).filter((turn) => turn.allowed);
    expect(allowed).toHaveLength(ADDRESS_FREE);
  });

  test("does not count refused attempts, so that repeating them locks nobody out", () => {
    fail(ADDRESS_FREE);
    for (let count = 0; count < 100; count++) waitOf();
    clock.advance(1_000);
    expect(attempt().allowed).toBe(true);
  });

  test("forgets a username's failures after a sign-in, and only the sign-in itself at the address", () => {
    fail(DEVICE_FREE - 1, { device: "browser-1" });
    const turn = attempt({ device: "browser-1" });
    if (turn.allowed) turn.succeeded();
    fail(DEVICE_FREE, { device: "browser-1" });
    expect(attempt({ device: "browser-1" }).allowed).toBe(false);
  });

  test("does not reset an address's failures by a sign-in to one's own account", () => {
    for (let count = 0; count < ADDRESS_FREE - 1; count++) fail(1, { username: `user-${count}` });
    const own = attempt({ username: "mallory" });
    if (own.allowed) own.succeeded();
    fail(1, { username: "victim" });
    expect(attempt({ username: "victim" }).allowed).toBe(false);
  });

  test("forgets failures an hour after the last one", () => {
    fail(ADDRESS_FREE);
    clock.advance(60 * 60_000);
    fail(ADDRESS_FREE);
  });

  test("ignores case in usernames", () => {
    for (let count = 0; count < ADDRESS_FREE; count++) {
      fail(1, { username: count % 2 === 0 ? "ADA" : "ada", remoteAddress: `198.51.100.${count}` });
    }
    expect(attempt({ username: "Ada", remoteAddress: "203.0.113.9" }).allowed).toBe(false);
  });

  test("counts a /64 of IPv6 as one address", () => {
    for (let count = 0; count < ADDRESS_FREE; count++) {
      fail(1, { username: `user-${count}`, remoteAddress: `2001:db8:1:2::${count + 1}` });
    }
    expect(attempt({ username: "x", remoteAddress: "2001:db8:1:2:ffff::1" }).allowed).toBe(false);
    expect(attempt({ username: "x", remoteAddress: "2001:db8:1:3::1" }).allowed).toBe(true);
  });

  /** Guesses as soon as each is allowed; returns how many were within the time. */
  function guessesWithin(ms: number, values: Parameters<typeof attempt>[0]): number {
    const end = clock.monotonic() + ms;
    let guesses = 0;
    for (let n = 0; clock.monotonic() < end; n++) {
      const turn = attempt({ remoteAddress: `198.51.100.${n % 250}`, ...values });
      if (turn.allowed) guesses++;
      else clock.advance(turn.retryAfterMs);
    }
    return guesses;
  }

  test("lets far fewer than a thousand codes be guessed in a day, from many addresses or a known browser", () => {
    const day = 24 * 60 * 60_000;
    expect(guessesWithin(day, { what: "code" })).toBeLessThan(120);
    expect(guessesWithin(day, { what: "code", device: "stolen" })).toBeLessThan(310);
  });

  test("locks nobody out for good: the user's next code is taken after 15 minutes at most, in a known browser at once", () => {
    guessesWithin(7 * 24 * 60 * 60_000, { what: "code" });
    expect(attempt({ what: "code", device: "own" }).allowed).toBe(true);
    expect(attempt({ what: "password", remoteAddress: "203.0.113.7" }).allowed).toBe(true);
    attempt({ what: "code", remoteAddress: "198.51.100.250" });
    const wait = waitOf({ what: "code", remoteAddress: "203.0.113.7" });
    expect(wait).toBeLessThanOrEqual(15 * 60_000);
    clock.advance(wait);
    expect(attempt({ what: "code", remoteAddress: "203.0.113.7" }).allowed).toBe(true);
  });

  test("does not forgive wrong codes for a right password", () => {
    for (let n = 0; n < 5; n++) expect(attempt({ what: "code" }).allowed).toBe(true);
    const turn = attempt({ what: "password" });
    if (turn.allowed) turn.succeeded();
    expect(attempt({ what: "code" }).allowed).toBe(false);
  });
});
