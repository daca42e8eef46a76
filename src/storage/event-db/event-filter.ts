/** The criteria by which events are searched and replayed. */
import type { DeliveryStatus } from "./types.ts";

export type EventFilter = Readonly<{
  /** Receive time, milliseconds UTC, both ends included. */
  from?: number | undefined;
  to?: number | undefined;
  entrypointId?: string | undefined;
  targetId?: string | undefined;
  /** Status of any delivery, or of the one to `targetId`. */
  status?: DeliveryStatus | undefined;
  method?: string | undefined;
  type?: string | undefined;
  /** Occurs anywhere in the body as it is shown; ASCII letters match in either case. */
  text?: string | undefined;
}>;
