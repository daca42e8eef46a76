/** Reports of the engine to whoever gives notice of targets in trouble. */

type OfTarget = Readonly<{ webhookId: string; targetId: string }>;

/** Each returns at once and writes nothing by itself, so that it may be called for every delivery. */
export type TargetNotices = Readonly<{
  /** A delivery was given up (`failed`); `reason` is a sentence that names no secret. */
  targetGivenUp: (of: OfTarget & Readonly<{ reason: string }>) => void;
  /** A delivery succeeded. */
  targetDelivered: (of: OfTarget) => void;
  /** A delivery was given up because the target's transformation failed. */
  transformationFailed: (of: OfTarget & Readonly<{ reason: string }>) => void;
  /** The engine, not a person, has made a target inactive. */
  targetDeactivated: (of: OfTarget & Readonly<{ reason: string }>) => void;
}>;
