/** Notices are sent only through a target of the same user, as text for a chat and as JSON for a program. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createTargetOpener } from "../../src/delivery/open-target.ts";
import { createKeyRing } from "../../src/lib/crypto.ts";
import { createNoticeChannels } from "../../src/notices/notice-channels.ts";
import { describeNotice } from "../../src/notices/notice-message.ts";
import type { OutboundRequest } from "../../src/outbound/outbound.ts";
import { createTargetTypes } from "../../src/targets/registry.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { createTestUseCases, type TestUseCases } from "../support/use-cases.ts";

let all: TestUseCases;
let requests: OutboundRequest[];
let send: (targetId: string) => Promise<string | null>;
let webhookId: string;

beforeEach(async () => {
  all = createTestUseCases();
  requests = [];
  const { log } = createRecordingLog();
  const keys = createKeyRing(new Uint8Array(32).fill(1));
  const outbound = {
    async request(request: OutboundRequest) {
      requests.push(request);
      const response = { statusCode: 200, headers: [], body: new Uint8Array(), bodyTruncated: false };
      return { kind: "response", response } as const;
    },
    refusal: () => null,
    close: () => undefined,
  };
  const { routing, webhooks } = all.mainDb;
  const sendOnce = createNoticeChannels({
    routing,
    webhooks,
    clock: all.clock,
    sendMail: null,
    openTarget: createTargetOpener({ targetTypes: createTargetTypes({ outbound, log }), keys, log }),
    signal: new AbortController().signal,
  });
  webhookId = (await all.useCases.webhooks.create({ userId: all.ada, input: { name: "Shop" } })).id;
  const webhook = { id: webhookId, name: "Shop" };
  const change = { kind: "target_failing", subjectId: "t", webhookId, since: 0, isOver: false } as const;
  const message = describeNotice([{ ...change, name: "<Bank>", detail: "HTTP 500" }], {
    webhook,
    url: "https://hooks.example/source/1",
  });
  send = (targetId) =>
    sendOnce({
      userId: all.ada,
      webhook,
      message,
      channel: "target",
      settings: { target_id: targetId, email: null, on: ["target_failing"] },
    });
});

afterEach(() => all.dispose());

async function addTarget(type: string, userId = all.ada): Promise<string> {
  const webhook = await all.useCases.webhooks.create({ userId, input: { name: "Chat" } });
  const config = { url: "https://chat.example/in" };
  const input = { name: "Chat", type, config };
  return (await all.useCases.targets.create({ userId, webhookId: webhook.id, input })).id;
}

const bodyOf = (request: OutboundRequest | undefined): unknown =>
  JSON.parse(new TextDecoder().decode(request?.body ?? undefined));

test("a chat gets text, with its markup characters escaped", async () => {
  expect(await send(await addTarget("slack"))).toBeNull();
  expect(bodyOf(requests[0])).toEqual({
    text: "Shop: target “&lt;Bank&gt;” is failing; deliveries have been given up",
    blocks: [
      {
        type: "header",
        text: {
          type: "plain_text",
          text: "Shop: target “<Bank>” is failing; deliveries have been given up",
          emoji: false,
        },
      },
      {
        type: "section",
        text: {
          type: "mrkdwn",
          text: "Target “&lt;Bank&gt;” is failing; deliveries have been given up.\n  HTTP 500\n\nhttps://hooks.example/source/1",
        },
      },
    ],
  });
});

test("a program gets JSON", async () => {
  expect(await send(await addTarget("http"))).toBeNull();
  expect(bodyOf(requests[0])).toMatchObject({
    type: "webhooker.notice",
    changes: [{ kind: "target_failing", state: "begun", target: { id: "t", name: "<Bank>" } }],
  });
});

test("another user's target, a deleted one and an unknown one get nothing", async () => {
  const deleted = await addTarget("http");
  const target = all.mainDb.routing.findTarget(deleted);
  all.mainDb.targets.softDelete({ id: deleted, webhookId: target?.webhookId ?? "", at: 1 });
  for (const id of [await addTarget("http", all.bob), deleted, crypto.randomUUID()]) {
    expect(await send(id)).toBe("The target for notices was deleted.");
  }
  expect(requests).toEqual([]);
});
