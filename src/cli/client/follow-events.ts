/** Lists events as they come, by asking again and again, and says honestly when the gateway does not answer. */
import { type Clock, wait } from "../../lib/clock.ts";
import type { Row } from "./event-lines.ts";
import { createOutage } from "./outage.ts";
import { RemoteError } from "./remote-error.ts";
import type { RemoteWebhook } from "./shapes.ts";

const ASK_EVERY_MS = 1_000;

/** Never resolves. Rejects where the gateway refuses. */
export async function followEvents(options: {
  webhooks: readonly RemoteWebhook[];
  /** The newest page of a webhook's events, the newest first. */
  list: (webhook: RemoteWebhook) => Promise<readonly Row[]>;
  print: (rows: readonly Row[]) => void;
  tell: (line: string) => void;
  clock: Clock;
  /** The newest event that was printed. */
  after: string;
}): Promise<never> {
  const { webhooks, list, print, tell, clock } = options;
  const outage = createOutage({ tell, clock });
  let { after } = options;
  for (;;) {
    await wait(clock, ASK_EVERY_MS);
    try {
      const lists = await Promise.all(webhooks.map(list));
      outage.end();
      const last = after;
      const fresh = lists.flat().filter(({ id }) => id > last);
      fresh.sort((a, b) => (a.id < b.id ? -1 : 1));
      after = fresh.at(-1)?.id ?? after;
      if (fresh.length > 0) print(fresh);
    } catch (error) {
      if (!(error instanceof RemoteError) || error.kind !== "unavailable") throw error;
      await outage.wait(error.message);
    }
  }
}
