/** The services that the soak delivers to, good and bad: each records what has arrived, and fails by a rule. */

import { bodyOf } from "../e2e/load.ts";
import type { TargetWish } from "../support/api-client.ts";
import { type Answer, type ReceivedRequest, type Receiver, startReceiver } from "../support/receiver.ts";

/** The shortest time limit of a target, for which a silent attempt occupies its slot. */
const TIMEOUT_MS = 1_000;

type Service = Readonly<{
  wish: Omit<TargetWish, "type" | "config">;
  /** `attempts` counts the attempts of this event that arrived here, from 1; `number` is the event's. */
  answer: (number: number, attempts: number) => Answer;
}>;

/** True if the service refuses the event until its delivery fails. */
export function isRefused(name: ServiceName, number: number): boolean {
  return name === "picky" && number % 4 === 0;
}

const BAD_ANSWERS: readonly Answer[] = [
  { status: 500 },
  { reset: true },
  { status: 502, body: "no gateway" },
  { raw: "this is no HTTP at all\r\n\r\n" },
  { status: 200, body: "half of it", reset: true },
];

const services = {
  steady: { wish: {}, answer: () => ({}) },
  /** Fails the first attempt of one event in three; never with 429 or 503, which ask the gateway for fewer attempts. */
  flaky: {
    wish: {},
    answer: (number, attempts) => (attempts === 1 && number % 3 === 0 ? (BAD_ANSWERS[number % 5] ?? {}) : {}),
  },
  /** Never answers the first attempt of one event in forty. */
  silent: {
    wish: { timeout_ms: TIMEOUT_MS },
    answer: (number, attempts) => ({ hang: attempts === 1 && number % 40 === 0 }),
  },
  /**
   * Fails both attempts of one event in four. It has no circuit breaker, as its second attempts all fail; it does not
   * answer 503, which asks for fewer attempts.
   */
  picky: {
    wish: { max_attempts: 2, circuit_failures: null },
    answer: (number) => (isRefused("picky", number) ? { status: 500 } : {}),
  },
} satisfies Record<ServiceName, Service>;

export type ServiceName = "steady" | "flaky" | "silent" | "picky";

export type Targets = Readonly<{
  wish: (name: ServiceName) => TargetWish;
  /** True if the event has arrived whole at least once. */
  hasSeen: (name: ServiceName, eventId: string) => boolean;
  /** Attempts that arrived, and how many of them had a damaged body. */
  counts: Readonly<{ attempts: number; damaged: number }>;
  close: Receiver["close"];
}>;

export async function startTargets(): Promise<Targets> {
  const attempts = new Map<string, number>();
  const counts = { attempts: 0, damaged: 0 };
  const receiver = await startReceiver({ script: answer, forgets: true });

  function answer(request: ReceivedRequest): Answer {
    const body = Buffer.from(request.body).toString();
    const number = Number(body.slice(0, body.indexOf(":")));
    counts.attempts++;
    if (body !== bodyOf(number)) counts.damaged++;
    const name = serviceOf(request.path);
    const key = keyOf(name, request.header("x-webhooker-event-id") ?? "");
    const count = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, count);
    return services[name].answer(number, count);
  }

  return {
    wish: (name) => ({ ...services[name].wish, type: "http", config: { url: `${receiver.url}/${name}` } }),
    hasSeen: (name, eventId) => attempts.has(keyOf(name, eventId)),
    counts,
    close: receiver.close,
  };
}

function keyOf(name: ServiceName, eventId: string): string {
  return `${name} ${eventId}`;
}

function serviceOf(path: string): ServiceName {
  const name = path.slice(1);
  if (name === "steady" || name === "flaky" || name === "silent" || name === "picky") return name;
  throw new Error(`no service at ${path}`);
}
