/** A link to a part of a page that takes long: scripts follow it once the page is shown, and put the part in its place. */
import { Html } from "@elysiajs/html";
import { attribute } from "../render.ts";

/** `part`: the id of the element that is replaced, here and on the page at `path`. */
export function LoadLater(props: { part: string; path: string; label: string }): JSX.Element {
  const { part, path, label } = props;
  return (
    <p
      hx-get={attribute(path)}
      hx-trigger="load"
      hx-select={attribute(`#${part}`)}
      hx-target={attribute(`#${part}`)}
      hx-swap="outerHTML"
    >
      <a href={attribute(path)} safe>
        {label}
      </a>
    </p>
  );
}
