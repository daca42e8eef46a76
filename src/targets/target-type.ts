/** Interface of a target type: its description and settings, and the outcome of one attempt. */
import type { z } from "zod";
import type { FormField } from "../settings/form-field.ts";
import type { StoredDeliveryPolicy } from "./delivery-policy.ts";
import type { Signer } from "./signing.ts";

export type HeaderList = readonly (readonly [name: string, value: string])[];

/** Finds the first value of a header by its name in lower case. */
export function headerOf(headers: HeaderList, name: string): string | null {
  return headers.find(([each]) => each.toLowerCase() === name)?.[1] ?? null;
}

/** A received event, exactly as stored. */
export type ReceivedEvent = Readonly<{
  id: string;
  entrypointId: string;
  /** Milliseconds UTC. */
  receivedAt: number;
  method: string;
  /** Path after the entrypoint's own path: "" or "/…", still percent-encoded. */
  pathTail: string;
  /** Query string without its "?"; "" if there was none. */
  query: string;
  headers: HeaderList;
  contentType: string;
  remoteAddress: string;
  body: Uint8Array;
  /** `pathTail` is the choice of the target's transformation: it is appended whatever the target's settings say. */
  isPathChosen?: boolean;
  /** The event type as the sender names it; null or left out if unknown. */
  type?: string | null;
}>;

export type DeliveryAttempt<Config> = Readonly<{
  event: ReceivedEvent;
  /**
   * Set if this is a notice of the gateway instead of an event. `event` then has its form for programs, this its form
   * for people.
   */
  notice?: Readonly<{ title: string; text: string }> | undefined;
  webhook: Readonly<{ id: string; name: string }>;
  target: Readonly<{ id: string; name: string }>;
  config: Config;
  /** Null if the request is not signed. */
  signer: Signer | null;
  /** 1 for the first attempt; replays continue the count. */
  attempt: number;
  /** Time limit of the whole attempt, in milliseconds. */
  timeoutMs: number;
  /** Aborted when the gateway stops and its grace period is over. */
  signal: AbortSignal;
}>;

export type TargetResponse = Readonly<{
  statusCode: number;
  headers: HeaderList;
  /** At most 64 KiB are kept. */
  body: Uint8Array;
  bodyTruncated: boolean;
}>;

/** Result of one attempt. `deliver` returns it and never throws because of what a target did. */
export type Outcome =
  | Readonly<{ kind: "delivered"; response: TargetResponse | null }>
  | Readonly<{
      kind: "failed";
      /** False if no retry can help, whatever the policy. */
      retryable: boolean;
      /** Message for people: says what happened and contains no secret. */
      error: string;
      response: TargetResponse | null;
      /** Wait that the target requested (Retry-After), in milliseconds from now. */
      retryAfterMs?: number;
    }>;

/** A request as a target type sends it. */
export type TargetRequest = Readonly<{
  method: string;
  url: string;
  headers: HeaderList;
  body: Uint8Array;
}>;

/** Parts of a request, apart from how it is sent. */
export type RequestParts<Config> = Omit<DeliveryAttempt<Config>, "timeoutMs" | "signal">;

/** The attempt ended before the target had the event: it is due again, and no attempt is counted. */
export type Released = Readonly<{ kind: "released" }>;

/** How many more attempts of a target may begin. */
export type AttemptRoom = (asked: {
  targetId: string;
  /** Its attempts under way. */
  inFlight: number;
}) => number;

export type TargetType<Config = unknown> = Readonly<{
  /** Name in the API and the database: "http". */
  type: string;
  /** Name on pages: "HTTP". */
  label: string;
  /** One sentence for the form that adds a target. */
  description: string;
  /** Validates and completes a target's `config`, from the API and from forms. */
  configSchema: z.ZodType<Config>;
  /** Form fields of the config, in order; `secret` ones are sealed at rest and never shown again. */
  fields: readonly FormField[];
  /** True if storing the event is the delivery: it is recorded as delivered together with the event. */
  settlesAtIngest: boolean;
  /** True if requests can be signed; they are unless the target disables it. */
  signs?: boolean;
  /** Policy of a new target where it differs from the usual one. */
  policyDefaults?: Partial<StoredDeliveryPolicy>;
  /**
   * Set for a type whose deliveries are fetched. While it returns 0 the target's deliveries wait in the event file. An
   * attempt under way only waits for a program's answer, so it is never suspected of a crash.
   */
  roomFor?: AttemptRoom;
  /** Short destination without secrets, for lists: "https://example.com/hooks". */
  summarize: (config: Config) => string;
  /** Why no attempt can reach the destination, known before any is made; null if none is known. */
  refusal?: (config: Config) => string | null;
  deliver: (attempt: DeliveryAttempt<Config>) => Promise<Outcome | Released>;
  /**
   * The request that an attempt made at `now` begins with, secrets of the config masked. Null if the config is not
   * valid; missing if the type sends no request.
   */
  previewRequest?: ((parts: RequestParts<Config>, now: number) => TargetRequest | null) | undefined;
}>;
