/** Sample events of well-known senders, in the shape of the real ones, for the page that sends events. */
import { newId } from "../../lib/ids.ts";
import type { EventType } from "../../webhooks/catalogue/event-type-json.ts";
import { CUSTOMER_SAMPLES } from "./customer-samples.ts";
import { iso, JSON_TYPE, json, type Sample } from "./sample.ts";
import { TEAM_SAMPLES } from "./team-samples.ts";

const ANY_JSON: Sample = {
  id: "json",
  label: "Any JSON",
  provider: null,
  headers: [JSON_TYPE],
  body: json((now) => ({
    type: "order.paid",
    id: newId(),
    created_at: iso(now),
    data: { order: { id: 4711 } },
  })),
};

export const SAMPLES: readonly Sample[] = [
  ANY_JSON,
  ...[...TEAM_SAMPLES, ...CUSTOMER_SAMPLES].toSorted((one, other) =>
    one.label.localeCompare(other.label, "en"),
  ),
];

/** The examples in a catalogue, in the shape that published events have. */
export function samplesOf(types: readonly EventType[]): readonly Sample[] {
  return types
    .filter(({ example }) => example !== null)
    .map(({ name, example }) => ({
      id: `type:${name}`,
      label: `Event type ${name}`,
      provider: null,
      headers: [JSON_TYPE],
      body: json((now) => ({ type: name, timestamp: iso(now), data: example })),
    }));
}

export function findSample(samples: readonly Sample[], id: string | null): Sample | null {
  return samples.find((sample) => sample.id === id) ?? null;
}

/** The sample that fits an entrypoint's verification; null without one. */
export function sampleFor(provider: string | null): Sample {
  return SAMPLES.find((sample) => sample.provider === provider) ?? ANY_JSON;
}
