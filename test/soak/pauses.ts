/**
 * Pauses targets at random moments and ends their pauses, gently or at once, while the gateway is killed again and
 * again.
 */
import type { Gateway } from "../support/gateway.ts";
import type { SoakWebhook } from "./proof.ts";

/** Longest wait between two actions. */
const LONGEST_WAIT_MS = 300;
/** A target is held most of the time, so that kills come while it is held and while it drains. */
const ACTIONS = ["pause", "resume", "pause", "release"] as const;

type Action = (typeof ACTIONS)[number];

export class Pauses {
  /** Actions that were acknowledged. */
  readonly counts: Record<Action, number> = { pause: 0, resume: 0, release: 0 };
  /** Actions that were refused; there must be none. */
  readonly faults: string[] = [];
  readonly #gateway: Gateway;
  readonly #targets: readonly string[];
  readonly #random: () => number;
  #next = 0;

  constructor(options: { gateway: Gateway; setups: readonly SoakWebhook[]; random: () => number }) {
    this.#gateway = options.gateway;
    this.#random = options.random;
    this.#targets = options.setups
      .filter(({ habit }) => habit === "pauses")
      .flatMap(({ webhookId, targetIds }) => targetIds.map((id) => `/webhooks/${webhookId}/targets/${id}`));
  }

  /** Ends when the gateway is gone. */
  async run(): Promise<void> {
    for (;;) {
      await Bun.sleep(this.#random() * LONGEST_WAIT_MS);
      const action = ACTIONS[this.#next++ % ACTIONS.length] ?? "pause";
      try {
        await this.#all(action);
      } catch {
        return;
      }
    }
  }

  /** Releases all held deliveries. */
  end(): Promise<void> {
    return this.#all("release");
  }

  async #all(action: Action): Promise<void> {
    for (const path of this.#targets) {
      const answer = await this.#gateway.api.request("POST", `${path}/${action}`);
      const text = await answer.text();
      if (answer.ok) this.counts[action]++;
      else this.faults.push(`${action} was answered ${answer.status}: ${text}`);
    }
  }
}
