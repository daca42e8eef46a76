/** Dependencies of the pages of rejected requests. */
import type { Reverify } from "../../ingest/re-verify.ts";
import type { Routing } from "../../storage/main-db/routing.ts";
import type { RejectedStore } from "../../storage/stores/rejected-store.ts";
import type { WebhookUseCases } from "../../webhooks/use-cases.ts";

export type RejectedDeps = Readonly<{
  useCases: WebhookUseCases;
  rejected: Pick<RejectedStore, "list" | "listIds" | "find" | "remove">;
  reverify: Reverify;
  /** Finds the names of deleted targets. */
  routing: Pick<Routing, "findTarget">;
}>;
