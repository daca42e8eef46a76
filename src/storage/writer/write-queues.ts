/** The write queues that have anything to do, by webhook. */
import { WriteQueue } from "./write-queue.ts";

export class WriteQueues {
  readonly #byWebhook = new Map<string, WriteQueue>();
  #drained: (() => void)[] = [];

  getOrAdd(webhookId: string): WriteQueue {
    let queue = this.#byWebhook.get(webhookId);
    if (!queue) {
      queue = new WriteQueue(webhookId);
      this.#byWebhook.set(webhookId, queue);
    }
    return queue;
  }

  forgetIfDone(queue: WriteQueue): void {
    if (!queue.isDone || this.#byWebhook.get(queue.webhookId) !== queue) return;
    this.#byWebhook.delete(queue.webhookId);
    if (this.#byWebhook.size > 0) return;
    const resolvers = this.#drained;
    this.#drained = [];
    for (const resolve of resolvers) resolve();
  }

  /** Resolves when no queue has anything to do. */
  drained(): Promise<void> {
    if (this.#byWebhook.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }
}
