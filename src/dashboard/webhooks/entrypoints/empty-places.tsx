/** Warns about settings that cannot work: none of the last events has a value at the configured path. */
import { Html } from "@elysiajs/html";
import type { EmptyPlace } from "../../../webhooks/place-trials.ts";
import { Notice } from "../../components/flash-line.tsx";
import type { SourcesDeps } from "../deps.ts";
import type { WebhookState } from "../webhook-state.ts";

/** Maximum number of entrypoints that a webhook's page examines. */
const MOST_ENTRYPOINTS = 20;

/** Returns the findings by entrypoint id and target id. */
export async function listEmptyPlaces(
  { placeTrials }: Pick<SourcesDeps, "placeTrials">,
  { webhook, entrypoints, targets, file }: WebhookState,
): Promise<ReadonlyMap<string, readonly EmptyPlace[]>> {
  if (file.fault !== null) return new Map();
  const found = new Map<string, readonly EmptyPlace[]>();
  for (const entrypoint of entrypoints.slice(0, MOST_ENTRYPOINTS)) {
    const lastEventAt = file.lastEvents.get(entrypoint.id);
    if (lastEventAt === undefined) continue;
    found.set(entrypoint.id, await placeTrials.ofEntrypoint(entrypoint, lastEventAt));
  }
  for (const [id, place] of await placeTrials.ofTargets(webhook.id, targets)) found.set(id, [place]);
  return found;
}

const CONSEQUENCES: Readonly<Record<EmptyPlace["setting"], string>> = {
  event_type_from: "Events without it have no event type.",
  deduplicate_value: "Duplicates among events without it are not recognized.",
  order_by: "Events without it are delivered in any order.",
};

export function EmptyPlaces({ places }: { places: readonly EmptyPlace[] }): JSX.Element {
  if (places.length === 0) return "";
  return (
    <div class="notices">
      {places.map((empty) => (
        <Notice tone="warn" text={wordsOf(empty)} hint={CONSEQUENCES[empty.setting]} />
      ))}
    </div>
  );
}

function wordsOf({ tried, place }: EmptyPlace): string {
  return tried === 1
    ? `The last event had no value at ${place}.`
    : `None of the last ${tried} events had a value at ${place}.`;
}
