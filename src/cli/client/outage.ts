/** Waits longer after each failure in a row, and tells people when an outage begins and when it is over. */
import { formatDuration } from "../../dashboard/components/format.ts";
import type { Clock } from "../../lib/clock.ts";

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;

export type Outage = Readonly<{
  isOn: () => boolean;
  /** Call after a failure; resolves when it is time to try again, or `cut` was called. */
  wait: (reason: string) => Promise<void>;
  /** Ends the wait under way. */
  cut: () => void;
  /** Call after a success. */
  end: () => void;
}>;

export function createOutage(deps: {
  tell: (line: string) => void;
  clock: Clock;
  random?: () => number;
}): Outage {
  const { tell, clock, random = Math.random } = deps;
  let since: number | null = null;
  let failures = 0;
  let cut: () => void = () => undefined;

  return {
    isOn: () => since !== null,
    async wait(reason) {
      if (since === null) {
        since = clock.now();
        tell(`Disconnected at ${timeOfDay(since)}: ${reason} Trying again …`);
      }
      const wait = Math.min(FIRST_WAIT_MS * 2 ** failures++, LONGEST_WAIT_MS);
      await new Promise<void>((resolve) => {
        const cancel = clock.after(wait * (0.75 + 0.5 * random()), resolve);
        cut = () => {
          cancel();
          resolve();
        };
      });
    },
    cut: () => cut(),
    end() {
      if (since !== null) tell(`Connected again after ${formatDuration(Math.max(0, clock.now() - since))}.`);
      since = null;
      failures = 0;
    },
  };
}

/** In the machine's own time zone, as people at it read clocks. */
export function timeOfDay(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
}
