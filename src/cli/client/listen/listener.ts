/**
 * Pulls deliveries, has each made on this machine, and brings the results. Long polls of a few seconds, one at a time,
 * so that no connection can look alive and be dead.
 */

import type { Clock } from "../../../lib/clock.ts";
import { nextTurn } from "../../../lib/pauses.ts";
import type { Outage } from "../outage.ts";
import { RemoteError } from "../remote-error.ts";
import type { Answer, Pulled, PulledDelivery, PullRequest } from "./pulled.ts";
import { Results } from "./results.ts";

/** A dead connection is noticed after this and the grace; proxies cut none that is so short. */
const WAIT_SECONDS = 10;
/** How long a pull may take beyond its wait. */
const GRACE_MS = 4_000;
/** With `once`, nothing more is due after this. */
const ONCE_WAIT_SECONDS = 2;
/** While all places are taken, a pull waits for a few of them, so that not each result needs a request. */
const GATHER_MS = 3;
/** The machine slept, if a timer of a second comes so late. */
const SLEPT_MS = 5_000;
const WATCH_MS = 1_000;
/** Attempts to bring the last results. */
const LAST_ATTEMPTS = 3;

export type Made = Readonly<{ delivery: PulledDelivery; answer: Answer; durationMs: number }>;

type Deps = Readonly<{
  pull: (request: PullRequest, options: { signal: AbortSignal; timeoutMs: number }) => Promise<Pulled>;
  make: (delivery: PulledDelivery, signal: AbortSignal) => Promise<Answer>;
  onMade: (made: Made) => void;
  /** Results came too late: their deliveries will come again, and are answered from memory. */
  onLate: (count: number) => void;
  onPaused: (isPaused: boolean) => void;
  outage: Outage;
  clock: Clock;
  /** Deliveries that are made at once. */
  concurrency: number;
  /** Ends where nothing more is due. */
  once: boolean;
}>;

export class Listener {
  readonly #deps: Deps;
  readonly #results = new Results();
  /** Deliveries being made, by lease. */
  readonly #making = new Map<string, Promise<void>>();
  readonly #release = new AbortController();
  #poll: AbortController | null = null;
  #bringing: Promise<void> | null = null;
  #isStopping = false;
  #isPaused = false;
  #placeFree: () => void = () => undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Resolves after a stop, or with `once` when nothing is due. Rejects where the gateway refuses. */
  async run(): Promise<void> {
    const stopWatching = this.#watchForSleep();
    try {
      while (!this.#isStopping) {
        const free = this.#deps.concurrency - this.#making.size;
        if (free === 0) await this.#placesFree();
        else if ((await this.#pullOnce(free)) === "idle" && this.#deps.once) return;
      }
    } finally {
      stopWatching();
      await Promise.all(this.#making.values());
      await this.#bringLast();
    }
  }

  /** Pulls no more; what is being made is finished. Once more: it is let go of. */
  stop(): void {
    if (this.#isStopping) this.#release.abort();
    this.#isStopping = true;
    this.#poll?.abort();
    this.#deps.outage.cut();
    this.#placeFree();
  }

  /** "idle": there was nothing to do, and nothing is under way. */
  async #pullOnce(max: number): Promise<"busy" | "idle"> {
    const { outage, once, clock } = this.#deps;
    const wait = once ? ONCE_WAIT_SECONDS : WAIT_SECONDS;
    const from = clock.now();
    this.#poll = new AbortController();
    try {
      const { data } = await this.#ask({ wait, max, signal: this.#poll.signal });
      // After a sleep, the leases have ended, and the deliveries are due again.
      const wasFor = clock.now() - from;
      for (const delivery of data) {
        if (wasFor < wait * 1_000 + delivery.lease_ms) this.#begin(delivery);
      }
      return data.length === 0 && this.#making.size === 0 && this.#results.isEmpty ? "idle" : "busy";
    } catch (error) {
      // A poll that was cut off by a stop or after a sleep.
      if (this.#poll.signal.aborted) return "busy";
      if (!(error instanceof RemoteError) || error.kind !== "unavailable") throw error;
      await outage.wait(error.message);
      return "busy";
    } finally {
      this.#poll = null;
    }
  }

  /** Brings results, and gives them back where the gateway did not get them. */
  async #ask(wanted: { wait: number; max: number; signal: AbortSignal }): Promise<Pulled> {
    const { wait, max, signal } = wanted;
    const entries = this.#results.take();
    const results = entries.map(({ result }) => result);
    try {
      const timeoutMs = wait * 1_000 + GRACE_MS;
      const pulled = await this.#deps.pull({ wait, max, results }, { signal, timeoutMs });
      this.#deps.outage.end();
      this.#results.taken(entries, pulled.unknown_leases);
      if (pulled.unknown_leases.length > 0) this.#deps.onLate(pulled.unknown_leases.length);
      if (pulled.paused !== this.#isPaused) this.#deps.onPaused(pulled.paused);
      this.#isPaused = pulled.paused;
      return pulled;
    } catch (error) {
      this.#results.giveBack(entries);
      throw error;
    }
  }

  #begin(delivery: PulledDelivery): void {
    const known = this.#results.find(delivery);
    if (known !== undefined) {
      this.#results.add(delivery, known);
      this.#bringSoon();
      return;
    }
    this.#making.set(delivery.lease_id, this.#make(delivery));
  }

  async #make(delivery: PulledDelivery): Promise<void> {
    const { clock, make, onMade } = this.#deps;
    const from = clock.monotonic();
    const answer = await make(delivery, this.#release.signal);
    this.#making.delete(delivery.lease_id);
    this.#results.add(delivery, answer);
    onMade({ delivery, answer, durationMs: clock.monotonic() - from });
    this.#placeFree();
    this.#bringSoon();
  }

  /** While a poll waits at the gateway, results go beside it; otherwise the next poll takes them along. */
  #bringSoon(): void {
    this.#bringing ??= this.#bring().finally(() => {
      this.#bringing = null;
    });
  }

  async #bring(): Promise<void> {
    await nextTurn();
    while (this.#poll !== null && !this.#results.isEmpty && !this.#isStopping) {
      const { signal } = this.#poll;
      try {
        await this.#ask({ wait: 0, max: 0, signal });
      } catch {
        // The poll meets the same fault, says so, and takes them along.
        return;
      }
    }
  }

  async #bringLast(): Promise<void> {
    await this.#bringing;
    for (let attempt = 1; !this.#results.isEmpty; attempt++) {
      try {
        await this.#ask({ wait: 0, max: 0, signal: AbortSignal.timeout(GRACE_MS) });
      } catch (error) {
        if (attempt >= LAST_ATTEMPTS || !(error instanceof RemoteError)) return;
        await this.#deps.outage.wait(error.message);
      }
    }
  }

  async #placesFree(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#placeFree = resolve;
    });
    await new Promise<void>((resolve) => this.#deps.clock.after(GATHER_MS, resolve));
  }

  /** After a sleep, the poll under way waits at a connection that is most likely dead: another one takes its place. */
  #watchForSleep(): () => void {
    const { clock, outage } = this.#deps;
    let last = clock.now();
    let cancel = clock.after(WATCH_MS, watch);
    const self = this;
    function watch(): void {
      const now = clock.now();
      if (now - last > SLEPT_MS) {
        self.#poll?.abort();
        outage.cut();
      }
      last = now;
      cancel = clock.after(WATCH_MS, watch);
    }
    return () => cancel();
  }
}
