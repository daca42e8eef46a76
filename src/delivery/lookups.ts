/** Webhooks whose event files are to be looked into for due deliveries, and those whose files cannot be used. */
import { errorMessage } from "../lib/errors.ts";
import type { Logger } from "../observability/log.ts";

export class Lookups {
  readonly #discover: (webhookId: string) => Promise<void>;
  readonly #onFault: (webhookId: string, error: unknown) => void;
  readonly #log: Logger;
  readonly #nudged = new Set<string>();
  readonly #parked = new Set<string>();

  /** `discover` looks into one webhook's file, and rejects where it cannot be used; `onFault` is told so. */
  constructor(deps: {
    discover: (webhookId: string) => Promise<void>;
    onFault: (webhookId: string, error: unknown) => void;
    log: Logger;
  }) {
    this.#discover = deps.discover;
    this.#onFault = deps.onFault;
    this.#log = deps.log;
  }

  /** The webhook may have due deliveries. */
  nudge(webhookId: string): void {
    this.#nudged.add(webhookId);
  }

  /** Webhooks that are still to be looked into. */
  get nudged(): ReadonlySet<string> {
    return this.#nudged;
  }

  /** Looks into up to `most` of the nudged webhooks. Never rejects. */
  async lookInto(most: number): Promise<void> {
    const webhookIds = [...this.#nudged.values().take(most)];
    for (const webhookId of webhookIds) this.#nudged.delete(webhookId);
    await Promise.all(webhookIds.map((webhookId) => this.#lookIntoOne(webhookId)));
  }

  async #lookIntoOne(webhookId: string): Promise<void> {
    try {
      await this.#discover(webhookId);
      this.#parked.delete(webhookId);
    } catch (error) {
      this.#onFault(webhookId, error);
    }
  }

  /** The webhook's file cannot be used for now. Logged once, until it could be used again. */
  park(webhookId: string, error: unknown): void {
    if (!this.#parked.has(webhookId)) {
      this.#log.error("a webhook's deliveries wait until its event file can be used", {
        webhook_id: webhookId,
        cause: errorMessage(error),
      });
    }
    this.#parked.add(webhookId);
  }

  /** The webhook is gone. */
  forget(webhookId: string): void {
    this.#parked.delete(webhookId);
  }

  /** Nudges the webhooks whose files could not be used. */
  retryParked(): void {
    for (const webhookId of this.#parked) this.#nudged.add(webhookId);
  }
}
