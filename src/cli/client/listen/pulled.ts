/** Schemas of what a listener gets from the gateway, and brings back. Unknown fields pass. */
import { z } from "zod";

const delivery = z.looseObject({
  lease_id: z.string(),
  lease_ms: z.number(),
  event_id: z.string(),
  attempt: z.number(),
  received_at: z.string(),
  type: z.string().nullable(),
  method: z.string(),
  path: z.string(),
  query: z.string(),
  headers: z.array(z.tuple([z.string(), z.string()])),
  body_base64: z.string(),
});

export const pulledShape = z.looseObject({
  data: z.array(delivery),
  unknown_leases: z.array(z.string()),
  paused: z.boolean(),
});

export type PulledDelivery = z.output<typeof delivery>;
export type Pulled = z.output<typeof pulledShape>;

/** Outcome of a delivery: a response, or the reason why there was none. */
export type Answer = Readonly<
  | {
      status_code: number;
      headers: readonly (readonly [string, string])[];
      body_base64: string;
      body_truncated: boolean;
    }
  | { error: string }
  /** It was not made. */
  | { released: true }
>;

export type Result = Readonly<{ lease_id: string }> & Answer;

export type PullRequest = Readonly<{ wait: number; max: number; results: readonly Result[] }>;
