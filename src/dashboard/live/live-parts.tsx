/** Marks parts of a page that are replaced while it is open, and finds them in the page's markup. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import { attribute } from "../render.ts";
import { type LivePart, stateOf } from "./live-stream.ts";

const PART = /<!--live (\S+)-->([\s\S]*?)<!--\/live-->/g;
/** Stands for the state until all parts are drawn. */
const STATE = 'data-state="?"';

/** Its one child has `data-live-part` with the same id. Ids are made by the program. */
export function Live({ id, children }: PropsWithChildren<{ id: string }>): JSX.Element {
  const safeBegin = `<!--live ${id}-->`;
  return (
    <>
      {safeBegin}
      {children}
      {"<!--/live-->"}
    </>
  );
}

/** A part of any content, even none, in an element that the layout does not see. */
export function LiveBlock({ id, children }: PropsWithChildren<{ id: string }>): JSX.Element {
  return (
    <Live id={id}>
      <div class="live-part" data-live-part={id}>
        {children}
      </div>
    </Live>
  );
}

/** Says whether the page follows changes; without scripts, a link that loads it again. */
export function LiveBar({ src, href }: { src: string; href: string }): JSX.Element {
  return (
    <tag of="live-page" class="live-bar" data-src={attribute(src)} data-state="?">
      <span class="live-state" data-live-state role="status" hidden></span>
      <a class="button button-quiet button-small" data-live-reload href={attribute(href)}>
        Refresh
      </a>
    </tag>
  );
}

export function partsOf(markup: string): readonly LivePart[] {
  return [...markup.matchAll(PART)].map(([, id = "", part = ""]) => ({ id, markup: part }));
}

/** Tells the page's stream what the page shows. */
export function withLiveState(markup: string): string {
  return markup.replace(STATE, `data-state="${stateOf(partsOf(markup))}"`);
}
