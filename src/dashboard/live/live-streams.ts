/** Opens the streams of live pages, a limited number for each user. */
import type { Clock } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";
import type { PageContext } from "../page-route.ts";
import { type LivePart, openLiveStream } from "./live-stream.ts";

/** A browser keeps six connections to a host, and pages that nobody sees close theirs. */
const MOST_OF_USER = 30;

type Wanted = Readonly<{
  readParts: () => Promise<readonly LivePart[]>;
  subscribe: (listener: () => void) => () => void;
  gatherMs?: number;
}>;

export type LiveStreams = Readonly<{
  /** Throws AppError `rate_limited` if the viewer has too many open. */
  open: (context: PageContext, wanted: Wanted) => Response;
}>;

export function createLiveStreams(deps: {
  clock: Clock;
  /** Aborted when the server stops. */
  stopping: AbortSignal;
}): LiveStreams {
  const { clock, stopping } = deps;
  const open = new Map<string, number>();

  function count(userId: string, change: number): void {
    const sum = (open.get(userId) ?? 0) + change;
    if (sum === 0) open.delete(userId);
    else open.set(userId, sum);
  }

  return {
    open({ viewer, request, query, isStillAllowed, keepOpen }, { readParts, subscribe, gatherMs }) {
      if ((open.get(viewer.id) ?? 0) >= MOST_OF_USER) throw tooMany();
      keepOpen();
      return openLiveStream({
        readParts,
        subscribe(listener) {
          const unsubscribe = subscribe(listener);
          count(viewer.id, 1);
          return () => {
            unsubscribe();
            count(viewer.id, -1);
          };
        },
        isStillAllowed,
        seen: request.headers.get("last-event-id") ?? query.get("state"),
        ...(gatherMs !== undefined && { gatherMs }),
        clock,
        signal: request.signal,
        stopping,
      });
    },
  };
}

function tooMany(): AppError {
  return new AppError({
    kind: "rate_limited",
    code: "too_many_live_pages",
    message: "Too many of your pages follow changes at the same time.",
    hint: "Close some of them, or reload this page to see what is new.",
  });
}
