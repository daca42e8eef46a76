/** Sends numbered events to all nodes at a steady pace; a sender whose node fails goes on to the next one. */
import type { WebhookSetup } from "../support/api-client.ts";
import type { Gateway } from "../support/gateway.ts";
import { Gaps } from "./gaps.ts";

const SENDERS = 12;
/** Between two events of a sender: the nodes are kept busy. */
export const BUSY_PACE_MS = 40;
/** For tests of what happens, not of how much: the same kinds of events, and a quarter of the work. */
export const CALM_PACE_MS = 160;
/** Longer than a node tries to reach its log. */
const PATIENCE_MS = 14_000;
const LONGEST_MS = 120_000;

/** Sizes of bodies go up to this. */
export const SMALL_BYTES = 2_000;

export type Sent = Readonly<{ number: number; eventId: string; webhookId: string }>;

export class Senders {
  /** Events that were answered with 200. */
  readonly acknowledged: Sent[] = [];
  /** Answers by status; "none" where there was no answer. */
  readonly answers = new Map<string, number>();
  readonly gaps = new Gaps();
  largestBytes = SMALL_BYTES;
  readonly #nodes: readonly Gateway[];
  readonly #setups: readonly WebhookSetup[];
  readonly #paceMs: number;
  #next = 0;
  #isStopped = true;
  #running: Promise<unknown> = Promise.resolve();

  /** Both lists may change while it sends. */
  constructor(nodes: readonly Gateway[], setups: readonly WebhookSetup[], paceMs: number) {
    this.#nodes = nodes;
    this.#setups = setups;
    this.#paceMs = paceMs;
  }

  start(): void {
    this.#isStopped = false;
    this.#running = Promise.all(Array.from({ length: SENDERS }, (_, index) => this.#run(index)));
  }

  /** Resolves once nothing is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  /** Resolves once that many more events were acknowledged; rejects where they are not, for long. */
  async acknowledges(count: number): Promise<void> {
    const goal = this.acknowledged.length + count;
    const until = performance.now() + LONGEST_MS;
    while (this.acknowledged.length < goal) {
      if (performance.now() > until) throw new Error(`no ${count} events were acknowledged in two minutes`);
      await Bun.sleep(10);
    }
  }

  async #run(index: number): Promise<void> {
    let at = index;
    while (!this.#isStopped) {
      const since = performance.now();
      const status = await this.#send(this.#nodes[at % this.#nodes.length]);
      this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
      if (status !== "200") at++;
      await Bun.sleep(Math.max(0, this.#paceMs - (performance.now() - since)));
    }
  }

  async #send(node: Gateway | undefined): Promise<string> {
    const number = this.#next++;
    const setup = this.#setups[number % this.#setups.length];
    if (node === undefined || setup === undefined) throw new Error("there is nothing to send to");
    try {
      const answer = await fetch(`${node.entrypointUrl(setup.entrypointId)}/${number}`, {
        method: "POST",
        body: `${number}:${"x".repeat((number * 997) % this.largestBytes)}`,
        // A client that reuses connections repeats a request by itself if one was cut, which would store it twice.
        keepalive: false,
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      await answer.arrayBuffer();
      if (answer.status === 200) {
        const eventId = answer.headers.get("x-webhooker-event-id") ?? "";
        this.acknowledged.push({ number, eventId, webhookId: setup.webhookId });
        this.gaps.note();
      }
      return String(answer.status);
    } catch {
      return "none";
    }
  }
}
