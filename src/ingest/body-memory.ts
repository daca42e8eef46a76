/** Bounds what the bodies that are being received or stored hold in memory, all requests together. */
import type { Clock } from "../lib/clock.ts";
import { AppError } from "../lib/errors.ts";
import { createShares, type Sender } from "./body-shares.ts";

export type BodyRoom = Readonly<{
  /** Bytes of short bodies: taken when they are announced, as the runtime reads them unseen. */
  short: number;
  /** Bytes of all others, counted as they come. */
  counted: number;
}>;

const SHORT_ROOM = 64 * 1024 * 1024;
const LARGEST_AT_ONCE = 12;
const LEAST_COUNTED = 64 * 1024 * 1024;

export function roomFor(maxBodyBytes: number): BodyRoom {
  return { short: SHORT_ROOM, counted: Math.max(LARGEST_AT_ONCE * maxBodyBytes, LEAST_COUNTED) };
}

/** Once there is no room, bodies that take longer for so many bytes are cut off. */
const STALLED_MS = 5_000;
const STALLED_BYTES = 64 * 1024;

export type BodyMemory = Readonly<{
  /** Takes the place of a short body, announced as so long. False where short bodies hold all that they may. */
  reserve: (bytes: number) => boolean;
  release: (bytes: number) => void;
  /** Begins to count a body. `cutOff` is called where it has stalled and others need its room. */
  count: (sender: Sender, cutOff: (reason: AppError) => void) => CountedBody;
}>;

export type CountedBody = Readonly<{
  /** So many bytes came, which take so much more memory. Throws AppError unavailable where there is no room. */
  grow: (by: { bytes: number; memory: number }) => void;
  /** It has come, and holds `bytes` until `end`; it can stall no more. */
  complete: (bytes: number) => void;
  /** Gives back all that it holds. Called twice it does nothing. */
  end: () => void;
}>;

type Receiving = Readonly<{ isStalled: () => boolean; cutOff: () => void }>;

export function createBodyMemory(options: { room: BodyRoom; clock: Pick<Clock, "monotonic"> }): BodyMemory {
  const { room, clock } = options;
  const shares = createShares(room.counted);
  const receiving = new Set<Receiving>();
  let short = 0;

  /** `self` is not cut off: it is about to say that it has not stalled, or that it is refused. */
  function makeRoom(self: Receiving, sender: Sender, bytes: number): void {
    if (shares.fits(sender, bytes)) return;
    for (const each of receiving) {
      if (each === self || !each.isStalled()) continue;
      each.cutOff();
      if (shares.fits(sender, bytes)) return;
    }
    throw busy();
  }

  return {
    reserve(bytes) {
      if (short + bytes > room.short) return false;
      short += bytes;
      return true;
    },
    release(bytes) {
      short -= bytes;
    },
    count(sender, cutOff) {
      let taken = 0;
      let quickAt = clock.monotonic();
      let sinceQuick = 0;
      const resize = (to: number) => {
        shares.add(sender, to - taken);
        taken = to;
      };
      const self: Receiving = {
        isStalled: () => clock.monotonic() - quickAt > STALLED_MS,
        cutOff() {
          receiving.delete(self);
          resize(0);
          cutOff(tooSlow());
        },
      };
      receiving.add(self);
      return {
        grow({ bytes, memory }) {
          sinceQuick += bytes;
          if (sinceQuick >= STALLED_BYTES) {
            quickAt = clock.monotonic();
            sinceQuick = 0;
          }
          if (memory === 0) return;
          makeRoom(self, sender, memory);
          resize(taken + memory);
        },
        complete(bytes) {
          receiving.delete(self);
          resize(bytes);
        },
        end() {
          receiving.delete(self);
          resize(0);
        },
      };
    },
  };
}

function busy(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "busy",
    message: "Too many large requests are being received. Nothing was stored; retry later.",
  });
}

function tooSlow(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "too_slow",
    message:
      "The body arrived too slowly while other requests waited for memory. Nothing was stored; retry later.",
  });
}
