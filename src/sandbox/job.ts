/** One run of a transformation that somebody waits for. */
import type { Answer } from "./answer.ts";

/** A version of a transformation's code; `key` names it and has no spaces. `isDraft`: somebody tries it, unsaved. */
export type Code = Readonly<{ key: string; source: string; isDraft?: boolean }>;

export type Ran =
  | Answer
  /** Nothing but the end of its process could end it. */
  | Readonly<{ killed: true }>
  /** It was killed too often and is not run any more. */
  | Readonly<{ disabled: true }>
  /** It was not run: the sandbox does not start, or is stopping. */
  | Readonly<{ unavailable: string }>;

export type Job = {
  readonly code: Code;
  /** For the code, as JSON; null where it is to be loaded only, to see whether that works. */
  readonly input: string | null;
  readonly resolve: (ran: Ran) => void;
  /** Processes that crashed, and that somebody killed, while this was the first of their runs. */
  crashes: number;
  kills: number;
};
