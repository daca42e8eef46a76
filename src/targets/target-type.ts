/** The interface of a target type: what it must say about itself, and the outcome of one attempt. */
import type { z } from "zod";
import type { FormField } from "../settings/form-field.ts";
import type { Signer } from "./signing.ts";

export type HeaderList = readonly (readonly [name: string, value: string])[];

/** What was received, exactly as it was stored. */
export type ReceivedEvent = Readonly<{
  id: string;
  entrypointId: string;
  /** Milliseconds UTC. */
  receivedAt: number;
  method: string;
  /** What followed the entrypoint's own path: "" or "/…", still percent-encoded. */
  pathTail: string;
  /** The query string without its "?"; "" when there was none. */
  query: string;
  headers: HeaderList;
  contentType: string;
  remoteAddress: string;
  body: Uint8Array;
}>;

export type DeliveryAttempt<Config> = Readonly<{
  event: ReceivedEvent;
  /** Set where this is no event but a notice of the program's own: `event` has it for programs, this for people. */
  notice?: Readonly<{ title: string; text: string }> | undefined;
  webhook: Readonly<{ id: string; name: string }>;
  target: Readonly<{ id: string; name: string }>;
  config: Config;
  /** Null: the request is not signed. */
  signer: Signer | null;
  /** 1 for the first attempt; counts on over replays. */
  attempt: number;
  /** Limit of the whole attempt in milliseconds. */
  timeoutMs: number;
  /** Aborted when the program stops and its grace period is over. */
  signal: AbortSignal;
}>;

export type TargetResponse = Readonly<{
  statusCode: number;
  headers: HeaderList;
  /** At most 64 KiB are kept. */
  body: Uint8Array;
  bodyTruncated: boolean;
}>;

/** How one attempt ended. `deliver` returns it and never throws for what a target did. */
export type Outcome =
  | Readonly<{ kind: "delivered"; response: TargetResponse | null }>
  | Readonly<{
      kind: "failed";
      /** False where another attempt cannot help, whatever the policy. */
      retryable: boolean;
      /** For people; says what happened and names no secret. */
      error: string;
      response: TargetResponse | null;
      /** The target's own wish (Retry-After), in milliseconds from now. */
      retryAfterMs?: number;
    }>;

export type TargetType<Config = unknown> = Readonly<{
  /** The word in the API and the database: "http". */
  type: string;
  /** The word on pages: "HTTP". */
  label: string;
  /** One sentence for the form that adds a target. */
  description: string;
  /** Checks and completes a target's `config`, from the API and from forms. */
  configSchema: z.ZodType<Config>;
  /** How forms draw the config, in order; `secret` fields are sealed at rest and never shown again. */
  fields: readonly FormField[];
  /** True where storing the event is the delivery: it is recorded as delivered with the event itself. */
  settlesAtIngest: boolean;
  /** Its requests can be signed, and are unless a target says otherwise. */
  signs?: boolean;
  /** Where it goes, in a few words without secrets, for lists: "https://example.com/hooks". */
  summarize: (config: Config) => string;
  deliver: (attempt: DeliveryAttempt<Config>) => Promise<Outcome>;
}>;
