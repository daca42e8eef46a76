/** Badges: short coloured words for states, readable without colour too. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { DeliveryStatus } from "../../storage/event-db/types.ts";
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

const TONES: Readonly<Record<DeliveryStatus, Tone>> = {
  pending: "info",
  delivered: "ok",
  failed: "bad",
  held: "warn",
  discarded: "idle",
};

export function StatusBadge({ status }: { status: DeliveryStatus }): JSX.Element {
  return <Badge tone={TONES[status]} label={status} />;
}
