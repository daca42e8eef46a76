/** By which events are searched for and replayed. */
import type { DeliveryStatus } from "./types.ts";

export type EventFilter = Readonly<{
  /** Receive time, milliseconds UTC, both ends included. */
  from?: number | undefined;
  to?: number | undefined;
  entrypointId?: string | undefined;
  targetId?: string | undefined;
  /** Of any delivery, or of the one to `targetId`. */
  status?: DeliveryStatus | undefined;
  method?: string | undefined;
  type?: string | undefined;
  /** Anywhere in the text that the body shows; ASCII letters match in either case. */
  text?: string | undefined;
}>;
