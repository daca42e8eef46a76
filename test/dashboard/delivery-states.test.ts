/** Every state of a delivery and of a target is told in the same words on each page: list, webhook, target, log, event. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { startTestEvents, type TestEvents } from "../support/test-events.ts";

let app: TestEvents;

beforeEach(async () => {
  app = await startTestEvents();
});
afterEach(() => app.stop());

/** The text of each page; badges as "[tone label]". */
async function pagesOf(
  eventId: string,
): Promise<Record<"list" | "webhook" | "target" | "log" | "event", string>> {
  const read = async (path: string) =>
    (await (await app.ask(path)).text())
      .replace(/<span class="badge badge-(\w+)"[^>]*>([^<]*)<\/span>/g, "[$1 $2]")
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ")
      .replaceAll(" ,", ",");
  return {
    list: await read("/sources"),
    webhook: await read(app.path),
    target: await read(`${app.path}/targets/${app.target.id}`),
    log: await read(`${app.path}/logs`),
    event: await read(`${app.path}/events/${eventId}`),
  };
}

const due = (ms: number) => ({ nextAttemptAt: app.clock.now() + ms });
const circuit = (nextProbeAt: number | null) => ({
  circuit: {
    state: nextProbeAt === null ? ("half_open" as const) : ("open" as const),
    since: app.clock.now(),
    reason: "10 failures in a row",
    nextProbeAt,
  },
});
const held = () => app.addEvent({ targets: [{ id: app.target.id, settlesAtIngest: false, held: true }] });
const pause = () => app.useCases.targets.setPaused({ ...app.of, targetId: app.target.id, paused: true });
const disable = () =>
  app.useCases.targets.update({ ...app.of, targetId: app.target.id, input: { active: false } });

type Expected = Readonly<{
  list: string;
  webhook: string;
  target: readonly string[];
  log: string;
  event: readonly string[];
}>;
type State = Readonly<{ name: string; make: () => Promise<{ id: string }> } & Expected>;

const states: readonly State[] = [
  {
    name: "pending, never attempted",
    make: () => app.addEvent(),
    list: "[idle no deliveries yet]",
    webhook: "[idle no deliveries yet]",
    target: ["[idle no deliveries yet]", "Pending 1", "No delivery has failed or is being retried."],
    log: "[info pending]",
    event: ["[info pending]", "First attempt due now: in progress, or waits its turn"],
  },
  {
    name: "retrying",
    async make() {
      const event = await app.addEvent();
      await app.addAttempt(event.id, due(240_000));
      return event;
    },
    list: "[bad target failing]",
    webhook: "[bad failing]",
    target: [
      "[bad failing]",
      "Retrying 1",
      "[warn retrying] attempt 1, 20",
      "The target answered 500.",
      "5xx 1",
    ],
    log: "[warn retrying]",
    event: ["[warn retrying] 1 of 12, next 20", "UTC, last response 500", "Attempt 2 due 20"],
  },
  {
    name: "retrying, while others are delivered",
    async make() {
      const event = await app.addEvent();
      await app.addAttempt(event.id, due(240_000));
      const other = await app.addEvent({ receivedAt: app.clock.now() - 1_000 });
      const response = { statusCode: 200, error: null, startedAt: app.clock.now() + 1 };
      await app.addAttempt(other.id, { status: "delivered", nextAttemptAt: null, result: response });
      return event;
    },
    list: "[warn retrying]",
    webhook: "[warn retrying]",
    target: ["[warn retrying]", "Delivered 1", "[warn retrying] attempt 1"],
    log: "[warn retrying]",
    event: ["[warn retrying] 1 of 12"],
  },
  {
    name: "retrying without a response",
    async make() {
      const event = await app.addEvent();
      await app.addAttempt(event.id, { ...due(240_000), result: { statusCode: null, error: "Timed out." } });
      return event;
    },
    list: "[bad target failing]",
    webhook: "[bad failing]",
    target: ["[bad failing]", "Timed out.", "No response 1"],
    log: "[warn retrying]",
    event: ["last response none"],
  },
  {
    name: "retrying behind an open circuit",
    async make() {
      app.throttleAs(circuit(app.clock.now() + 180_000));
      const event = await app.addEvent();
      await app.addAttempt(event.id, due(60_000));
      return event;
    },
    list: "[bad target failing]",
    webhook: "[bad circuit open]",
    target: ["[bad circuit open]", "10 failures in a row Deliveries are paused", "[warn retrying] attempt 1"],
    log: "[warn retrying]",
    event: ["[warn retrying] 1 of 12, last response 500", "Attempt 2 waits: circuit open, next probe 20"],
  },
  {
    name: "pending behind a probe",
    make() {
      app.throttleAs(circuit(null));
      return app.addEvent();
    },
    list: "[bad target failing]",
    webhook: "[bad circuit open]",
    target: ["[bad circuit open]", "Next probe is in progress"],
    log: "[info pending]",
    event: ["First attempt waits: circuit open, a probe is in progress"],
  },
  {
    name: "pending while the target limits the rate",
    make() {
      app.throttleAs({ restsUntil: app.clock.now() + 12_000 });
      return app.addEvent();
    },
    list: "[idle no deliveries yet]",
    webhook: "Rate-limited by the target",
    target: ["Rate-limited by the target (429/503). Resuming 20"],
    log: "[info pending]",
    event: ["First attempt waits: rate-limited by the target, resuming 20"],
  },
  {
    name: "pending while nobody pulls",
    make() {
      app.throttleAs({ pull: { isConnected: false, lastPullAt: null, leased: 0 } });
      return app.addEvent();
    },
    list: "[idle no deliveries yet]",
    webhook: "[idle nobody pulls]",
    target: ["[idle nobody pulls]", "No program has pulled from it yet.", "Pending 1"],
    log: "[info pending]",
    event: ["[info pending]", "First attempt waits"],
  },
  {
    name: "pending in a lane",
    async make() {
      const targets = [{ id: app.target.id, settlesAtIngest: false, orderKey: "k" }];
      await app.addEvent({ targets });
      return app.addEvent({ targets });
    },
    list: "[idle no deliveries yet]",
    webhook: "[idle no deliveries yet]",
    target: ["[idle no deliveries yet]", "Pending 2"],
    log: "[info pending]",
    event: ["First attempt waits its turn: an earlier delivery with the same order key goes first"],
  },
  {
    name: "held",
    async make() {
      await pause();
      return held();
    },
    list: "[idle paused]",
    webhook: "[warn paused]",
    target: ["[warn paused]", "1 delivery on hold since you paused this target", "Held 1"],
    log: "[warn held]",
    event: ["[warn held]", "Held since you paused the target 20"],
  },
  {
    name: "held after the pause",
    make: held,
    list: "[idle no deliveries yet]",
    webhook: "[info catching up]",
    target: ["[info catching up]", "1 delivery still on hold"],
    log: "[warn held]",
    event: ["Held until its turn: what was on hold is released gradually"],
  },
  {
    name: "pending for a target that a user disabled",
    async make() {
      app.throttleAs(circuit(app.clock.now() + 180_000));
      const event = await app.addEvent();
      await app.addAttempt(event.id, due(240_000));
      await disable();
      return event;
    },
    list: "[idle paused]",
    webhook: "[idle disabled]",
    target: ["[idle disabled]", "It will be probed again once you resume or enable it."],
    log: "[warn retrying]",
    event: ["[warn retrying] 1 of 12, last response 500", "Attempt 2 waits until the target is enabled"],
  },
  {
    name: "retrying for a target that the gateway disabled",
    async make() {
      const event = await app.addEvent();
      await app.addAttempt(event.id, due(240_000));
      const row = app.mainDb.targets.find({ id: app.target.id, webhookId: app.webhook.id });
      if (row)
        app.mainDb.targets.update({ ...row, active: false, deactivatedReason: "It responded 410 Gone." });
      return event;
    },
    list: "[bad target disabled]",
    webhook: "[bad disabled]",
    target: ["[bad disabled]", "It responded 410 Gone.", "Enable it when it is available again"],
    log: "[warn retrying]",
    event: ["Attempt 2 waits until the target is enabled"],
  },
  {
    name: "kept from the target by its filter",
    async make() {
      const input = { event_types: ["order.paid"] };
      await app.useCases.targets.update({ ...app.of, targetId: app.target.id, input });
      return app.addEvent({
        type: "order.opened",
        targets: [],
        filtered: [{ targetId: app.target.id, fingerprint: "f" }],
      });
    },
    list: "[idle no deliveries yet]",
    webhook: "[idle no deliveries yet]",
    target: ["[idle no deliveries yet]", "Filtered 1"],
    log: "filtered",
    event: ["filter"],
  },
  {
    name: "replayed after it failed",
    async make() {
      const event = await app.addEvent();
      const end = { status: "failed", nextAttemptAt: null, reason: "Gave up after 1 attempt." } as const;
      await app.addAttempt(event.id, end);
      const now = app.clock.now();
      await app.store.replay({
        webhookId: app.webhook.id,
        eventId: event.id,
        targetIds: [app.target.id],
        now,
      });
      return event;
    },
    list: "[bad target failing]",
    webhook: "[bad failing]",
    target: ["[bad failing]", "Pending 1", "Gave up 1", "No delivery has failed or is being retried."],
    log: "[info pending]",
    event: ["[info pending]", "Attempt 2 due now: in progress, or waits its turn"],
  },
  {
    name: "delivered, after another one failed",
    async make() {
      const other = await app.addEvent({ receivedAt: app.clock.now() - 1_000 });
      const end = { status: "failed", nextAttemptAt: null, reason: "Gave up after 1 attempt." } as const;
      await app.addAttempt(other.id, end);
      const event = await app.addEvent();
      const result = { statusCode: 200, error: null, startedAt: app.clock.now() + 1 };
      await app.addAttempt(event.id, { status: "delivered", nextAttemptAt: null, result });
      return event;
    },
    list: "[warn some failed]",
    webhook: "[warn some failed]",
    target: ["[warn some failed]", "Failed 1", "Delivered 1"],
    log: "[ok delivered]",
    event: ["[ok delivered]"],
  },
  {
    name: "delivered",
    async make() {
      const event = await app.addEvent();
      const result = { statusCode: 200, error: null };
      await app.addAttempt(event.id, { status: "delivered", nextAttemptAt: null, result });
      return event;
    },
    list: "[ok healthy]",
    webhook: "[ok healthy]",
    target: ["[ok healthy]", "Delivered 1", "2xx 1", "No delivery has failed or is being retried."],
    log: "[ok delivered]",
    event: ["[ok delivered]", "Attempt 1"],
  },
  {
    name: "failed",
    async make() {
      const event = await app.addEvent();
      const end = { status: "failed", nextAttemptAt: null, reason: "Gave up after 1 attempt." } as const;
      await app.addAttempt(event.id, end);
      return event;
    },
    list: "[bad target failing]",
    webhook: "[bad failing]",
    target: [
      "[bad failing]",
      "Failed 1",
      "Gave up 1",
      "[bad failed] attempt 1",
      "Gave up after 1 attempt.",
      "Replay failed…",
    ],
    log: "[bad failed]",
    event: ["[bad failed]", "Gave up Gave up after 1 attempt.", "Fix the target, then replay."],
  },
  {
    name: "discarded",
    async make() {
      const event = await app.addEvent();
      await app.store.discardPending({
        webhookId: app.webhook.id,
        targetId: app.target.id,
        reason: "The target was deleted.",
        now: app.clock.now(),
      });
      return event;
    },
    list: "[idle no deliveries yet]",
    webhook: "[idle no deliveries yet]",
    target: ["[idle no deliveries yet]", "Discarded 1"],
    log: "[idle discarded]",
    event: ["[idle discarded]", "Discarded The target was deleted."],
  },
];

test.each(states)("$name", async ({ make, ...expected }) => {
  const { id } = await make();
  const pages = await pagesOf(id);
  expect(pages.list).toContain(expected.list);
  expect(pages.webhook).toContain(expected.webhook);
  expect(pages.log).toContain(expected.log);
  for (const words of expected.target) expect(pages.target).toContain(words);
  for (const words of expected.event) expect(pages.event).toContain(words);
});

test("a target that a user disabled is no alarm, whatever came before", async () => {
  app.throttleAs(circuit(app.clock.now() + 180_000));
  const event = await app.addEvent();
  const end = { status: "failed", nextAttemptAt: null, reason: "Gave up after 1 attempt." } as const;
  await app.addAttempt(event.id, end);
  const alarms = async () => {
    const [, targets = ""] = (await (await app.ask(app.path)).text()).split('id="targets"');
    return [...targets.matchAll(/badge-bad|text-bad|throttle-open/g)].map(String);
  };
  expect(await alarms()).toEqual(["badge-bad", "throttle-open", "text-bad", "text-bad"]);
  await disable();
  expect(await alarms()).toEqual([]);
});

test("the log finds what is retrying, alone and among what is pending", async () => {
  const waiting = await app.addEvent({ pathTail: "/waiting" });
  const retrying = await app.addEvent({ pathTail: "/retrying" });
  await app.addAttempt(retrying.id);
  const found = async (status: string) => {
    const page = await (await app.ask(`${app.path}/logs?status=${status}`)).text();
    return [waiting, retrying].map(({ id }) => page.includes(`data-event="${id}"`));
  };
  expect(await found("retrying")).toEqual([false, true]);
  expect(await found("pending")).toEqual([true, true]);
  const page = await (await app.ask(`${app.path}/logs?status=pending`)).text();
  expect(page).toContain('<option value="pending" selected>pending or retrying</option>');
});

test("an event is looked at again by its page only while an attempt may come soon", async () => {
  const event = await app.addEvent();
  const polls = async () =>
    (await (await app.ask(`${app.path}/events/${event.id}`)).text()).includes("hx-trigger");
  expect(await polls()).toBe(true);
  app.throttleAs(circuit(app.clock.now() + 180_000));
  expect(await polls()).toBe(false);
  app.throttleAs(circuit(app.clock.now() + 5_000));
  expect(await polls()).toBe(true);
  await disable();
  expect(await polls()).toBe(false);
});
