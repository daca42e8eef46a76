/** Errors that say why something cannot be done with a replay. */
import { AppError, notFound } from "../lib/errors.ts";
import type { ReplayRefusal } from "../storage/event-db/replays/replay-change.ts";
import { MOST_UNFINISHED_REPLAYS, type ReplayRun } from "../storage/event-db/replays/replay-run.ts";

export function refusalError(refusal: ReplayRefusal, run: ReplayRun): AppError {
  if (refusal === "ended") return ended(run);
  return refusal === "only target" ? onlyTarget() : notFound("target");
}

function ended({ state }: ReplayRun): AppError {
  return new AppError({
    kind: "conflict",
    code: "replay_ended",
    message: `This replay is ${state}.`,
    hint: "Start a new replay.",
  });
}

function onlyTarget(): AppError {
  return new AppError({
    kind: "conflict",
    code: "only_target",
    message: "This replay has only one target.",
    hint: "Cancel the replay instead.",
  });
}

export function busy({ retryAfterSeconds }: { retryAfterSeconds: number }): AppError {
  return new AppError({
    kind: "unavailable",
    code: "busy",
    message: "Other replays are still being counted.",
    hint: "Try again when they are done.",
    retryAfterSeconds,
  });
}

export function tooMany(): AppError {
  return new AppError({
    kind: "conflict",
    code: "too_many_replays",
    message: `This webhook already has ${MOST_UNFINISHED_REPLAYS} unfinished replays.`,
    hint: "Wait until one is finished, or cancel one.",
  });
}
