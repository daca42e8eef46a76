/** Every state of a delivery is told in the same words on each page: list, webhook, log and event. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { startTestEvents, type TestEvents } from "../support/test-events.ts";

let app: TestEvents;

beforeEach(async () => {
  app = await startTestEvents();
});
afterEach(() => app.stop());

/** The text of each page; badges as "[tone label]". */
async function pagesOf(eventId: string): Promise<Record<"list" | "webhook" | "log" | "event", string>> {
  const read = async (path: string) =>
    (await (await app.ask(path)).text())
      .replace(/<span class="badge badge-(\w+)"[^>]*>([^<]*)<\/span>/g, "[$1 $2]")
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ")
      .replaceAll(" ,", ",");
  return {
    list: await read("/sources"),
    webhook: await read(app.path),
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

type Expected = Readonly<{ list: string; webhook: string; log: string; event: readonly string[] }>;
type State = Readonly<{ name: string; make: () => Promise<{ id: string }> } & Expected>;

const states: readonly State[] = [
  {
    name: "pending, never attempted",
    make: () => app.addEvent(),
    list: "[idle no deliveries yet]",
    webhook: "[idle no deliveries yet]",
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
    log: "[info pending]",
    event: ["First attempt waits: rate-limited by the target, resuming 20"],
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
    log: "[warn held]",
    event: ["[warn held]", "Held since you paused the target 20"],
  },
  {
    name: "held after the pause",
    make: held,
    list: "[idle no deliveries yet]",
    webhook: "[info catching up]",
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
    log: "[warn retrying]",
    event: ["[warn retrying] 1 of 12, last response 500", "Attempt 2 waits until the target is enabled"],
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
