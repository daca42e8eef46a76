/** Finding events by what their heads show, and by what their last attempt was answered with. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { newId } from "../../../src/lib/ids.ts";
import type { EventFilter } from "../../../src/storage/event-db/event-filter.ts";
import { ReplaySelector } from "../../../src/storage/event-db/replays/replay-selection.ts";
import type { HeaderPairs } from "../../../src/storage/event-db/types.ts";
import { createStorageWorld, type StorageWorld, settlement } from "../storage-world.ts";

let world: StorageWorld;

beforeAll(() => {
  world = createStorageWorld();
});

afterAll(() => world.dispose());

async function find(webhookId: string, filter: EventFilter): Promise<readonly string[]> {
  const { events } = await world.events.searchEvents(webhookId, { limit: 50, cursor: null, filter });
  return events.map(({ id }) => id);
}

/** The events and targets that a replay of all that match would take. */
async function replayed(webhookId: string, filter: EventFilter): Promise<[string, readonly string[]][]> {
  const file = world.files.open(webhookId);
  const order = { selection: { kind: "filter", filter } as const, targetId: null, onlyMissing: false };
  const selector = new ReplaySelector(file, order, "f");
  const window = { after: "", upTo: "f" };
  const scan = selector.scan(window);
  for (const _part of scan?.run() ?? []) await Promise.resolve();
  const ids = scan?.ids ?? selector.listEvents(window, 100);
  return ids.map((id) => [id, selector.listTargets(id)]);
}

describe("a text is found in the head of a request", () => {
  const webhookId = newId();
  let id = "";
  const headers: HeaderPairs = [
    ["content-type", "text/plain"],
    ["X-GitHub-Event", "push"],
    ["X-Quoted", 'say "hi" \\o/'],
  ];
  const hidden = Buffer.concat([Buffer.alloc(100_000, "a"), Buffer.from("z")]);

  beforeAll(async () => {
    const place = { pathTail: "/orders/caf%C3%A9", query: "shop=4+7&note=a%26b" };
    ({ id } = await world.append({ webhookId, headers, ...place, body: hidden }));
    await world.append({ webhookId, body: Buffer.from("nothing"), pathTail: "/other" });
  });

  test.each([
    "/ORDERS/caf%c3",
    "/orders/café",
    "?shop=4+7",
    "shop=4 7",
    "note=a&b",
    "café?shop",
    "x-github-event: push",
    "github-event:",
    "PUSH",
    'say "hi"',
    "\\o/",
    'x-quoted: say "hi" \\o/',
  ])("%s", async (text) => {
    expect(await find(webhookId, { text })).toEqual([id]);
    expect((await replayed(webhookId, { text })).map(([found]) => found)).toEqual([id]);
  });

  test.each(["push\\", '","', "push x-quoted", "]]", "orders\nshop", "café: "])(
    "but not what only its storage contains: %p",
    async (text) => {
      expect(await find(webhookId, { text })).toEqual([]);
    },
  );

  test("and fields of the same event are looked for in its body all the same", async () => {
    const fields = [{ name: "event", place: "X-GitHub-Event", value: "push" }];
    expect(await find(webhookId, { text: "café", fields })).toEqual([id]);
    expect(
      await find(webhookId, { text: "café", fields: [{ ...fields[0], value: "pull" } as never] }),
    ).toEqual([]);
  });
});

test("the slash of an empty path is found as it is shown", async () => {
  const webhookId = newId();
  const { id } = await world.append({ webhookId, query: "a=1" });
  expect(await find(webhookId, { text: "/?a=1" })).toEqual([id]);
});

test("an answer is that of the last attempt, of the wanted target if there is one, and a replay takes those deliveries", async () => {
  const webhookId = newId();
  const targets = ["a", "b"].map((id) => ({ id, settlesAtIngest: false }));
  const [broken, mended, silent] = await Promise.all(
    [1, 2, 3].map(() => world.append({ webhookId, targets })),
  );
  const ids = [broken, mended, silent].map((event) => event?.id ?? "");
  const retry = { status: "pending", nextAttemptAt: 3_000 } as const;
  async function settle(
    eventId: string,
    targetId: string,
    result: { attempt?: number; statusCode: number | null; error?: string },
  ) {
    const end = result.statusCode === 200 ? {} : retry;
    await world.writer.settle(webhookId, settlement({ eventId, targetId, ...end }, result));
  }
  await settle(ids[0] ?? "", "a", { statusCode: 503 });
  await settle(ids[0] ?? "", "b", { statusCode: 200 });
  await settle(ids[1] ?? "", "a", { statusCode: 503 });
  await settle(ids[1] ?? "", "a", { attempt: 2, statusCode: 200 });
  await settle(ids[2] ?? "", "b", { statusCode: null, error: "no answer in time" });

  expect(await find(webhookId, { answer: "503" })).toEqual([ids[0] ?? ""]);
  expect(await find(webhookId, { answer: "5xx", targetId: "a" })).toEqual([ids[0] ?? ""]);
  expect(await find(webhookId, { answer: "5xx", targetId: "b" })).toEqual([]);
  expect(await find(webhookId, { answer: "504" })).toEqual([]);
  expect(await find(webhookId, { answer: "none" })).toEqual([ids[2] ?? ""]);
  expect(await find(webhookId, { answer: "5xx", status: "delivered" })).toEqual([]);
  expect(await find(webhookId, { answer: "5xx", status: "filtered" })).toEqual([]);
  expect(await replayed(webhookId, { answer: "5xx" })).toEqual([[ids[0] ?? "", ["a"]]]);
  expect(await replayed(webhookId, { answer: "none" })).toEqual([[ids[2] ?? "", ["b"]]]);
});
