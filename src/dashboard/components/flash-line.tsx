/** Messages at the top of a page and within it: the outcome of the last action, and notices. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { Flash } from "../viewer.ts";
import { Icon } from "./icon.tsx";

/** Always rendered, so that screen readers announce what appears in it. */
export function FlashLine({ flash }: { flash: Flash | null }): JSX.Element {
  return (
    <div class="flash-area" role="status">
      {flash !== null && (
        <p class={`notice notice-${flash.tone}`}>
          <Icon name={flash.tone === "ok" ? "check" : "alert"} />
          <span safe>{flash.text}</span>
        </p>
      )}
    </div>
  );
}

/** A permanent notice within a page. */
export function Notice(
  props: PropsWithChildren<{
    tone: "ok" | "warn" | "bad" | "info";
    text: string;
    hint?: string | undefined;
  }>,
): JSX.Element {
  return (
    <div class={`notice notice-${props.tone}`} role={props.tone === "bad" ? "alert" : undefined}>
      <Icon name={props.tone === "ok" ? "check" : "alert"} />
      <div>
        <p safe>{props.text}</p>
        {props.hint !== undefined && (
          <p class="muted" safe>
            {props.hint}
          </p>
        )}
        {props.children}
      </div>
    </div>
  );
}
