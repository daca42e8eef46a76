/** Limits the memory of all bodies that are being received or stored. */
import type { Clock } from "../lib/clock.ts";
import { AppError } from "../lib/errors.ts";
import { createShares, type Sender } from "./body-shares.ts";

export type BodyRoom = Readonly<{
  /** For short bodies, reserved by Content-Length, because the runtime reads them in one go. */
  short: number;
  /** For all other bodies, counted as bytes arrive. */
  counted: number;
}>;

const SHORT_ROOM = 64 * 1024 * 1024;
const LARGEST_AT_ONCE = 12;
const LEAST_COUNTED = 64 * 1024 * 1024;

export function roomFor(maxBodyBytes: number): BodyRoom {
  return { short: SHORT_ROOM, counted: Math.max(LARGEST_AT_ONCE * maxBodyBytes, LEAST_COUNTED) };
}

/** When memory is full, bodies that take longer than this for `STALLED_BYTES` are cut off. */
const STALLED_MS = 5_000;
const STALLED_BYTES = 64 * 1024;

type BodyMemory = Readonly<{
  /** Reserves memory for a short body of this Content-Length. Returns false when short bodies use all of theirs. */
  reserve: (bytes: number) => boolean;
  release: (bytes: number) => void;
  /** Starts counting a body. `cutOff` is called if it stalls while others need memory. */
  count: (sender: Sender, cutOff: (reason: AppError) => void) => CountedBody;
}>;

export type CountedBody = Readonly<{
  /** Records received bytes and the memory they take. Throws AppError `unavailable` if memory is full. */
  grow: (by: { bytes: number; memory: number }) => void;
  /** Marks the body as received: it holds `bytes` until `end`, and can no longer stall. */
  complete: (bytes: number) => void;
  /** Releases the body's memory. A second call does nothing. */
  end: () => void;
}>;

type Receiving = Readonly<{ isStalled: () => boolean; cutOff: () => void }>;

export function createBodyMemory(options: { room: BodyRoom; clock: Pick<Clock, "monotonic"> }): BodyMemory {
  const { room, clock } = options;
  const shares = createShares(room.counted);
  const receiving = new Set<Receiving>();
  let short = 0;

  /** `self` is never cut off here: it has just received bytes, or is about to be refused. */
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
