/** A link from a page or a form section to the part of the manual that explains it. */
import { Html } from "@elysiajs/html";
import { hrefOf, labelOf, type ManualPart } from "../manual/links.ts";
import { attribute } from "../render.ts";

export function ManualLink({ to }: { to: ManualPart }): JSX.Element {
  return (
    <p class="manual-link">
      <a href={attribute(hrefOf(to))} safe>
        {labelOf(to)}
      </a>
    </p>
  );
}
