import { expect, test } from "bun:test";
import { z } from "zod";
import { deliverOnce } from "../../src/delivery/attempts/deliver-once.ts";
import { createTargetOpener, type OpenedTarget } from "../../src/delivery/open-target.ts";
import { createKeyRing } from "../../src/lib/crypto.ts";
import { sealConfig } from "../../src/settings/sealed-config.ts";
import type { DueDelivery } from "../../src/storage/event-db/types.ts";
import type { DeliveryTarget } from "../../src/storage/main-db/routing.ts";
import { parseDeliveryPolicy } from "../../src/targets/delivery-policy.ts";
import type { TargetType } from "../../src/targets/target-type.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { DELIVERED } from "./scripted-targets.ts";

const neverTransform = () => Promise.reject(new Error("there is nothing to transform"));

const keys = createKeyRing(new Uint8Array(32).fill(1));
const type: TargetType = {
  type: "fake",
  label: "Fake",
  description: "Does nothing.",
  configSchema: z.unknown(),
  fields: [{ name: "url", label: "URL", kind: "url", secret: true }],
  settlesAtIngest: false,
  summarize: () => "",
  deliver: async () => DELIVERED,
};
const target: DeliveryTarget = {
  id: "t1",
  webhookId: "w1",
  webhookName: "Shop",
  name: "Warehouse",
  type: "fake",
  active: true,
  paused: false,
  deleted: false,
  policy: {},
  signing: null,
  transformation: null,
  config: sealConfig({ type, config: { url: "https://example.com/" }, owner: "targets:t1", keys }),
};
const due: DueDelivery = {
  eventId: "e1",
  targetId: "t1",
  attempts: 3,
  attemptsAtReplay: 0,
  replays: 0,
  dueAt: 1,
  dueSince: 1,
  event: {
    id: "e1",
    entrypointId: "p1",
    receivedAt: 1,
    method: "POST",
    pathTail: "",
    query: "",
    headers: [],
    contentType: "",
    remoteAddress: "",
    type: null,
    bodySize: 0,
    body: new Uint8Array(),
  },
};

function openerWith(secret: number, log = createRecordingLog().log) {
  const targetTypes = { get: () => type, find: () => type, list: () => [type] };
  return createTargetOpener({ targetTypes, keys: createKeyRing(new Uint8Array(32).fill(secret)), log });
}

test("a target is opened once for as long as it is unchanged", () => {
  const open = openerWith(1);
  const opened = open(target);
  expect(opened).toMatchObject({ config: { url: "https://example.com/" }, policy: { maxAttempts: 12 } });
  expect(open(target)).toBe(opened);
  expect(open({ ...target })).not.toBe(opened);
});

test("settings that another key sealed open to nothing, said once without the secret", () => {
  const { log, lines } = createRecordingLog();
  const open = openerWith(2, log);
  expect(open(target)).toBeNull();
  expect(open(target)).toBeNull();
  expect(lines.map((line) => line.level)).toEqual(["error"]);
  expect(JSON.stringify(lines)).not.toContain("example.com");
});

test("a policy that cannot be read opens to nothing", () => {
  expect(openerWith(1)({ ...target, policy: { max_attempts: "many" } })).toBeNull();
});

test("a target type is given the event, who is asked, the number of the attempt and its limit", async () => {
  let given: unknown;
  const opened: OpenedTarget = {
    target,
    config: { url: "x" },
    signer: null,
    policy: parseDeliveryPolicy({ timeout_ms: 4_000 }),
    type: {
      ...type,
      async deliver(attempt) {
        given = attempt;
        return DELIVERED;
      },
    },
  };
  const { signal } = new AbortController();
  expect(
    await deliverOnce({ opened, due, signal, log: createRecordingLog().log, transform: neverTransform }),
  ).toEqual(DELIVERED);
  expect(given).toEqual({
    event: due.event,
    webhook: { id: "w1", name: "Shop" },
    target: { id: "t1", name: "Warehouse" },
    config: { url: "x" },
    signer: null,
    attempt: 4,
    timeoutMs: 4_000,
    signal,
  });
});

test("a target type that throws makes a failed attempt that will be repeated, and a line in the log", async () => {
  for (const deliver of [
    () => {
      throw new Error("broken at once");
    },
    () => Promise.reject(new Error("broken later")),
  ]) {
    const { log, lines } = createRecordingLog();
    const opened = {
      target,
      config: {},
      signer: null,
      policy: parseDeliveryPolicy({ max_attempts: 1 }),
      type: { ...type, deliver },
    };
    const outcome = await deliverOnce({
      opened,
      due,
      signal: new AbortController().signal,
      log,
      transform: neverTransform,
    });
    expect(outcome).toMatchObject({ kind: "failed", retryable: true, response: null });
    expect(JSON.stringify(outcome)).not.toContain("broken");
    expect(lines.map((line) => line.level)).toEqual(["error"]);
  }
});
