/** The events that a target answers with failures while it accepts others: the fault is the events' own. */

/** Events remembered per target. The oldest are forgotten; their failures then count as the target's again. */
const MOST_KNOWN = 1_000;

export class RefusedEvents {
  /** Answered with a failure, and no other event accepted since. */
  readonly #failing = new Set<string>();
  /** Answered with a failure before another event was accepted. */
  readonly #atFault = new Set<string>();

  get isEmpty(): boolean {
    return this.#failing.size === 0 && this.#atFault.size === 0;
  }

  isKnown(eventId: string): boolean {
    return this.#failing.has(eventId) || this.#atFault.has(eventId);
  }

  /** True where the target accepted another event after it had failed this one. */
  isAtFault(eventId: string): boolean {
    return this.#atFault.has(eventId);
  }

  failed(eventId: string): void {
    if (!this.#atFault.has(eventId)) addTo(this.#failing, eventId);
  }

  taken(eventId: string): void {
    if (this.isEmpty) return;
    this.forget(eventId);
    for (const each of this.#failing) addTo(this.#atFault, each);
    this.#failing.clear();
  }

  /** The event will not be attempted again. */
  forget(eventId: string): void {
    this.#failing.delete(eventId);
    this.#atFault.delete(eventId);
  }

  clear(): void {
    this.#failing.clear();
    this.#atFault.clear();
  }
}

function addTo(events: Set<string>, eventId: string): void {
  events.add(eventId);
  if (events.size <= MOST_KNOWN) return;
  const [oldest] = events;
  if (oldest !== undefined) events.delete(oldest);
}
