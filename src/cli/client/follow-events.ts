/** Lists events as they come, by asking again and again, and says honestly when the gateway does not answer. */
import { type Clock, wait } from "../../lib/clock.ts";
import type { Row } from "./event-lines.ts";
import { askForEach, type EventList } from "./list-events.ts";
import { createOutage } from "./outage.ts";
import { RemoteError } from "./remote-error.ts";
import type { RemoteWebhook } from "./shapes.ts";

const ASK_EVERY_MS = 1_000;
/** Events of one webhook that are remembered as listed. */
const MOST_REMEMBERED = 20_000;

/** A webhook with what was listed first. */
export type Followed = Readonly<{ webhook: RemoteWebhook; first: EventList }>;

type IsKnown = (id: string) => boolean;

/** Never resolves. Rejects where the gateway refuses. */
export async function followEvents(options: {
  followed: readonly Followed[];
  /** Webhooks that are asked at the same time. */
  atOnce: number;
  /** The webhook's newest events, down to one that is known. */
  list: (webhook: RemoteWebhook, isKnown: IsKnown) => Promise<readonly Row[]>;
  print: (rows: readonly Row[]) => void;
  tell: (line: string) => void;
  clock: Clock;
}): Promise<never> {
  const { followed, atOnce, list, print, tell, clock } = options;
  const outage = createOutage({ tell, clock });
  const watched = followed.map(({ webhook, first }) => ({ webhook, memory: new Memory(first) }));
  const findFresh = async ({ webhook, memory }: (typeof watched)[number]) => {
    const rows = await list(webhook, memory.isKnown);
    return { memory, rows: rows.filter(({ id }) => !memory.isKnown(id)) };
  };
  for (;;) {
    await wait(clock, ASK_EVERY_MS);
    try {
      const found = await askForEach(watched, findFresh, atOnce);
      outage.end();
      // Not before all have answered: what an outage cuts off is printed after it.
      for (const { memory, rows } of found) for (const { id } of rows) memory.add(id);
      const fresh = found.flatMap(({ rows }) => rows).sort((a, b) => (a.id < b.id ? -1 : 1));
      if (fresh.length > 0) print(fresh);
    } catch (error) {
      if (!(error instanceof RemoteError) || error.kind !== "unavailable") throw error;
      await outage.wait(error.message);
    }
  }
}

/**
 * Which events of a webhook were listed. The newest one alone does not tell: events that come at the same moment can be
 * stored in another order than that of their ids, and one can match a state long after it came.
 */
class Memory {
  readonly #listed: Set<string>;
  /** Events up to this one are older than what was asked for. */
  #oldest: string;

  constructor({ rows, hasMore }: EventList) {
    this.#listed = new Set(rows.map(({ id }) => id));
    this.#oldest = hasMore ? (rows.at(-1)?.id ?? "") : "";
  }

  readonly isKnown = (id: string): boolean => id <= this.#oldest || this.#listed.has(id);

  add(id: string): void {
    this.#listed.add(id);
    if (this.#listed.size <= MOST_REMEMBERED) return;
    const forgotten = [...this.#listed].sort().slice(0, MOST_REMEMBERED / 2);
    this.#oldest = forgotten.at(-1) ?? this.#oldest;
    for (const each of forgotten) this.#listed.delete(each);
  }
}
