/** Refused requests are counted for a day, and many in a row are a problem, until one is accepted. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createRefusalTally, type RefusalTally } from "../../src/ingest/refusal-tally.ts";
import { HOUR_MS, MINUTE_MS } from "../../src/lib/clock.ts";
import { AppError, type ErrorKind } from "../../src/lib/errors.ts";
import { createTestMainDb, type TestMainDb } from "../support/main-db.ts";
import { createRecordingLog } from "../support/recording-log.ts";

const OF = { webhookId: "shop", entrypointId: "orders" };

let main: TestMainDb;
let tally: RefusalTally;
let told: string[];
let isLeading: boolean;

beforeEach(() => {
  main = createTestMainDb();
  told = [];
  isLeading = true;
  tally = start();
});

afterEach(() => {
  tally.stop();
  main.dispose();
});

function start(refusing: readonly string[] = []): RefusalTally {
  return createRefusalTally({
    queries: main.mainDb.refusals,
    clock: main.clock,
    log: createRecordingLog().log,
    onRefusing: ({ reason }) => told.push(reason),
    onAccepted: ({ entrypointId }) => told.push(`accepted ${entrypointId}`),
    listRefusing: () => refusing,
    routing: {
      findRoute: (entrypointId) =>
        entrypointId === OF.entrypointId
          ? { ...OF, active: true, verification: null, settings: null, targets: [] }
          : null,
    },
    isLeading: () => isLeading,
  });
}

function refuse(kind: ErrorKind, times = 1): void {
  const error = new AppError({ kind, message: "No." });
  for (let n = 0; n < times; n++) tally.refused(OF, error);
}

const lastDay = () => Object.fromEntries(tally.lastDay(OF.entrypointId));

describe("refused requests", () => {
  test("are counted by reason for a day; what failed on the gateway's side is not refused", () => {
    refuse("unauthenticated", 3);
    refuse("method_not_allowed");
    refuse("forbidden");
    refuse("too_large");
    refuse("rate_limited");
    refuse("unavailable");
    tally.refused(OF, new Error("a fault"));
    expect(lastDay()).toEqual({ verification: 3, method: 1, network: 1, size: 1, rate: 1 });
    main.clock.advance(23 * HOUR_MS);
    refuse("forbidden");
    expect(lastDay()).toMatchObject({ verification: 3, network: 2 });
    main.clock.advance(2 * HOUR_MS);
    expect(lastDay()).toEqual({ network: 1 });
  });

  test("are still counted after a restart", () => {
    refuse("unauthenticated", 3);
    tally.stop();
    tally = start();
    refuse("unauthenticated");
    expect(lastDay()).toEqual({ verification: 4 });
    main.clock.advance(25 * HOUR_MS);
    refuse("forbidden");
    tally.stop();
    expect(main.mainDb.refusals.list()).toMatchObject([{ reason: "network", requests: 1 }]);
    tally = start();
  });
});

describe("a row of refusals", () => {
  test("is a problem once it is long and has many, and over with the first request accepted", () => {
    refuse("unauthenticated", 30);
    expect(told).toEqual([]);
    main.clock.advance(6 * MINUTE_MS);
    refuse("rate_limited");
    expect(told).toEqual([
      expect.stringMatching(
        /^31 requests were refused since .+Z and none was accepted: 30 failed verification, 1 exceeded the rate limit\.$/,
      ),
    ]);
    tally.accepted(OF.entrypointId);
    tally.accepted(OF.entrypointId);
    expect(told.slice(1)).toEqual(["accepted orders"]);
  });

  test("is none while requests are accepted in between, however many are refused", () => {
    for (let n = 0; n < 100; n++) {
      refuse("unauthenticated", 19);
      main.clock.advance(MINUTE_MS);
      tally.accepted(OF.entrypointId);
    }
    expect(told.filter((line) => !line.startsWith("accepted"))).toEqual([]);
  });

  test("is none if it has few", () => {
    for (let n = 0; n < 19; n++) {
      refuse("method_not_allowed");
      main.clock.advance(HOUR_MS);
    }
    expect(told).toEqual([]);
  });

  test("that was a problem before a restart is over with the first request accepted after it", () => {
    tally.stop();
    tally = start([OF.entrypointId]);
    tally.accepted(OF.entrypointId);
    expect(told).toEqual(["accepted orders"]);
  });
});

describe("a follower of a cluster", () => {
  const FORBIDDEN = new AppError({ kind: "forbidden", message: "No." });

  /** As a follower's, for as long as `act` runs. */
  function asFollower<T>(act: () => T): T {
    isLeading = false;
    const result = act();
    isLeading = true;
    return result;
  }

  function refuseAt(follower: RefusalTally, times: number) {
    return asFollower(() => {
      for (let n = 0; n < times; n++) follower.refused(OF, FORBIDDEN);
      return follower.takeReports();
    });
  }

  test("gathers what the leader counts, and what it could not tell at one time it tells later", () => {
    const follower = start();
    const lost = refuseAt(follower, 2);
    asFollower(() => follower.addReports(lost));
    refuse("forbidden");
    tally.addReports(refuseAt(follower, 3));
    expect(lastDay()).toEqual({ network: 6 });
    expect(asFollower(follower.takeReports)).toEqual([]);
    follower.stop();
  });

  test("makes a problem of refusals at several nodes, and ends it with a request that it accepts", () => {
    const follower = start();
    tally.addReports(refuseAt(follower, 10));
    main.clock.advance(6 * MINUTE_MS);
    tally.addReports(refuseAt(follower, 9));
    expect(told).toEqual([]);
    refuse("forbidden");
    expect(told).toEqual([expect.stringContaining("20 requests were refused")]);
    tally.addReports(
      asFollower(() => {
        follower.accepted(OF.entrypointId);
        return follower.takeReports();
      }),
    );
    expect(told.slice(1)).toEqual(["accepted orders"]);
    follower.stop();
  });

  test("makes no problem of an entrypoint that accepts requests at the follower alone", () => {
    const follower = start();
    for (let minute = 0; minute < 10; minute++) {
      refuse("forbidden", 19);
      main.clock.advance(MINUTE_MS);
      asFollower(() => follower.accepted(OF.entrypointId));
      tally.addReports(refuseAt(follower, 1));
    }
    expect(told.filter((line) => !line.startsWith("accepted"))).toEqual([]);
    follower.stop();
  });

  test("reports of an entrypoint that there is no longer, or for another reason, are not counted", () => {
    tally.addReports([{ entrypointId: "gone", refused: { network: 3 }, isAccepting: false }]);
    tally.addReports([{ entrypointId: OF.entrypointId, refused: { novel: 3 }, isAccepting: false }]);
    tally.stop();
    expect(main.mainDb.refusals.list()).toEqual([]);
    tally = start();
  });

  test("counts and tells nothing, as only the leader may write it", () => {
    isLeading = false;
    const follower = start([OF.entrypointId]);
    for (let minute = 0; minute < 10; minute++) {
      follower.refused(OF, new AppError({ kind: "forbidden", message: "No." }));
      for (let n = 0; n < 20; n++) follower.refused(OF, new AppError({ kind: "forbidden", message: "No." }));
      main.clock.advance(MINUTE_MS);
    }
    follower.accepted(OF.entrypointId);
    follower.stop();
    expect([told, main.mainDb.refusals.list()]).toEqual([[], []]);
  });

  test("goes on from the leader's numbers once it leads itself", () => {
    const follower = start();
    // The leader, whose rows come by the log.
    refuse("forbidden", 3);
    main.clock.advance(MINUTE_MS);
    follower.start();
    expect(Object.fromEntries(follower.lastDay(OF.entrypointId))).toEqual({ network: 3 });
    follower.stop();
  });
});
