/** Remembers recently deleted webhooks, so that requests and attempts under way do not create their files again. */

const MOST = 10_000;

export class DeletedWebhooks {
  readonly #ids = new Set<string>();

  has(webhookId: string): boolean {
    return this.#ids.has(webhookId);
  }

  add(webhookId: string): void {
    this.#ids.add(webhookId);
    if (this.#ids.size <= MOST) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      return;
    }
  }
}
