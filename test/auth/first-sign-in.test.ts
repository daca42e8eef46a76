import { beforeEach, describe, expect, test } from "bun:test";
import { createFirstSignIn, type FirstSignIn } from "../../src/auth/first-sign-in.ts";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";

let clock: FakeClock;
let areNoSessions: boolean;
let first: FirstSignIn;

beforeEach(() => {
  clock = createFakeClock();
  areNoSessions = true;
  first = createFirstSignIn({ clock, areNoSessions: () => areNoSessions });
});

describe("the link of the first start", () => {
  test("signs its user in once, however often it was looked at", () => {
    const token = first.offer("ada");
    expect([first.find(token), first.find(token), first.take(token)]).toEqual(["ada", "ada", "ada"]);
    expect([first.find(token), first.take(token)]).toEqual([null, null]);
  });

  test("ends after 15 minutes, and with the first sign-in otherwise", async () => {
    const token = first.offer("ada");
    await clock.advance(15 * 60_000 - 1);
    expect(first.find(token)).toBe("ada");
    areNoSessions = false;
    expect(first.take(token)).toBeNull();
    areNoSessions = true;
    await clock.advance(1);
    expect(first.take(token)).toBeNull();
  });

  test("is of no use to others", () => {
    expect([first.find(""), first.take("")]).toEqual([null, null]);
    const token = first.offer("ada");
    expect([first.take(""), first.take(`${token}x`), first.take(token)]).toEqual([null, null, "ada"]);
  });
});
