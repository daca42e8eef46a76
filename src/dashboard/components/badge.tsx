/** Badges: short coloured words for states, readable without colour too. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { DeliveryState } from "../../storage/event-db/event-filter.ts";
import { attribute } from "../render.ts";

export type Tone = "ok" | "warn" | "bad" | "idle" | "info";

/** `children` is markup: escape text with `Html.escapeHtml`, or pass `label`. */
export function Badge(props: PropsWithChildren<{ tone: Tone; label?: string; title?: string }>): JSX.Element {
  return (
    <span class={`badge badge-${props.tone}`} title={props.title && attribute(props.title)}>
      {props.label === undefined ? props.children : Html.escapeHtml(props.label)}
    </span>
  );
}

export const STATE_TONES: Readonly<Record<DeliveryState, Tone>> = {
  pending: "info",
  retrying: "warn",
  delivered: "ok",
  failed: "bad",
  held: "warn",
  discarded: "idle",
};

export function StateBadge({ state }: { state: DeliveryState }): JSX.Element {
  return <Badge tone={STATE_TONES[state]} label={state} />;
}
