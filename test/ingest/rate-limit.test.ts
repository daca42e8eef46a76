/** The rate limit of an entrypoint with verification: separate limits for its sender and for strangers. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { RejectedDraft } from "../../src/storage/event-db/rejected.ts";
import { ACCEPTED, type Provider, refused } from "../../src/verification/provider.ts";
import { createTestProviders } from "../support/providers.ts";
import { chunked, ENTRYPOINT, type IngestServer, startIngest } from "./ingest-server.ts";

const provider: Provider = {
  ...createTestProviders().get("github"),
  type: "scripted",
  fields: [],
  handshakeMethods: ["GET"],
  prepare: () => ({
    verify: ({ headers }) => (headers.get("x-right") === "yes" ? ACCEPTED : refused("It is not right.")),
    unsignedHandshake: ({ method, query }) => {
      if (method !== "GET") return null;
      return query === "right"
        ? { status: 200, contentType: "text/plain", body: "hi" }
        : refused("Not right.");
    },
    eventType: () => null,
    duplicateId: () => null,
  }),
};

let ingest: IngestServer;
let kept: RejectedDraft[];

function start(settings: Record<string, unknown>): void {
  kept = [];
  const keep = async (_: string, draft: RejectedDraft) => void kept.push(draft);
  ingest = startIngest({ providers: { get: () => provider }, rejected: { keep } });
  ingest.setRoute({ verification: { type: "scripted", config: {} }, settings });
}

beforeEach(() => start({ rate_limit: 60, rate_limit_per: "minute", rate_limit_burst: 3 }));
afterEach(() => ingest.stop());

const right = async (body: string | ReadableStream<Uint8Array> = "a") =>
  (await ingest.post("", { body, headers: { "x-right": "yes" } })).status;
const wrong = async (body: string | ReadableStream<Uint8Array> = "a") =>
  (await ingest.post("", { body })).status;
const times = async (n: number, send: () => Promise<number>) => {
  const statuses: number[] = [];
  for (let i = 0; i < n; i++) statuses.push(await send());
  return statuses;
};

describe("strangers", () => {
  test("use up nothing of the sender's limit, and have an equal limit", async () => {
    expect(await times(5, wrong)).toEqual([401, 401, 401, 429, 429]);
    expect(await times(4, right)).toEqual([200, 200, 200, 429]);
    ingest.clock.advance(1_000);
    expect(await times(2, wrong)).toEqual([401, 429]);
    expect(await times(2, right)).toEqual([200, 429]);
  });

  test("beyond their limit store nothing, and get Retry-After", async () => {
    await times(3, wrong);
    const answer = await ingest.post("", { body: "a" });
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(kept).toHaveLength(3);
    expect(ingest.lines.filter(({ message }) => message.includes("refused"))).toHaveLength(1);
  });

  test("hold no token while their bodies arrive", async () => {
    const slow = Array.from({ length: 6 }, () => {
      const end = Promise.withResolvers<void>();
      const body = new ReadableStream<Uint8Array>({
        async start(controller) {
          controller.enqueue(new Uint8Array(1));
          await end.promise;
          controller.close();
        },
      });
      return { end, answer: ingest.post("", { body }) };
    });
    expect(await times(3, right)).toEqual([200, 200, 200]);
    for (const { end } of slow) end.resolve();
    const statuses = await Promise.all(slow.map(async ({ answer }) => (await answer).status));
    expect(statuses.every((status) => status === 401 || status === 429)).toBe(true);
  });

  test("with wrong handshakes are counted, and with right ones are not", async () => {
    const ask = async (query: string) => (await fetch(`${ingest.url}/webhook/${ENTRYPOINT}?${query}`)).status;
    expect(await times(4, () => ask("wrong"))).toEqual([401, 401, 401, 429]);
    expect(await times(6, () => ask("right"))).toEqual([200, 200, 200, 200, 200, 200]);
    expect(await right()).toBe(200);
  });
});

test("the sender beyond its own limit is refused before its body is read", async () => {
  await times(3, right);
  // If it were read, the response would be 413.
  expect(await right("a".repeat(1_000_001))).toBe(429);
  ingest.clock.advance(1_000);
  expect(await right("a".repeat(1_000_001))).toBe(413);
  expect(await right()).toBe(200);
});

test("simultaneous requests do not exceed the limit", async () => {
  const statuses = await Promise.all(
    Array.from({ length: 12 }, () => right(chunked(new Uint8Array(10), new Uint8Array(10)))),
  );
  expect(statuses.filter((status) => status === 200)).toHaveLength(3);
  expect(statuses.filter((status) => status === 429)).toHaveLength(9);
  expect(ingest.stored).toHaveLength(3);
});

test("in any order of requests, each kind has the limit it would have alone", async () => {
  const step = fc.constantFrom("right", "wrong", "second");
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      await ingest.stop();
      start({ rate_limit: 1, rate_limit_burst: 3 });
      const tokens = { right: 3, wrong: 3 };
      for (const each of steps) {
        if (each === "second") {
          ingest.clock.advance(1_000);
          tokens.right = Math.min(3, tokens.right + 1);
          tokens.wrong = Math.min(3, tokens.wrong + 1);
          continue;
        }
        const status = each === "right" ? await right() : await wrong();
        const isLimited = tokens[each] === 0 || (each === "wrong" && tokens.right === 0);
        expect(status).toBe(isLimited ? 429 : each === "right" ? 200 : 401);
        if (!isLimited) tokens[each]--;
      }
    }),
    { numRuns: 30 },
  );
});
