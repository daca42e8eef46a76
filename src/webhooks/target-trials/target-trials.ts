/** Tries a target's settings on stored events before they are saved. */
import type { FilterTrials } from "./filter-trials.ts";
import type { TransformationTrials } from "./transformation-trials.ts";

export type TargetTrials = Readonly<{ filter: FilterTrials; transformation: TransformationTrials }>;
