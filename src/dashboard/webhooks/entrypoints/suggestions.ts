/** Finds entrypoints whose requests look like those of a provider that could verify them. */
import type { Provider } from "../../../verification/provider.ts";
import type { Entrypoint } from "../../../webhooks/entrypoints.ts";
import type { SourcesDeps } from "../deps.ts";
import type { WebhookState } from "../webhook-state.ts";

type Deps = Pick<SourcesDeps, "trials">;

/** Returns null if the entrypoint already verifies, or has received nothing. */
export async function findSuggestion(
  { trials }: Deps,
  { id, webhookId, verification }: Entrypoint,
  lastEvents: ReadonlyMap<string, number>,
): Promise<Provider | null> {
  const lastEventAt = lastEvents.get(id);
  if (verification !== null || lastEventAt === undefined) return null;
  return trials.suggest({ webhookId, entrypointId: id, lastEventAt });
}

/** Returns the suggested providers by entrypoint id. */
export async function listSuggestions(
  deps: Deps,
  { entrypoints, file }: WebhookState,
): Promise<ReadonlyMap<string, Provider>> {
  const suggestions = new Map<string, Provider>();
  if (file.fault !== null) return suggestions;
  for (const entrypoint of entrypoints) {
    const provider = await findSuggestion(deps, entrypoint, file.lastEvents);
    if (provider) suggestions.set(entrypoint.id, provider);
  }
  return suggestions;
}
