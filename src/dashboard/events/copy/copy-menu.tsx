/** A button that copies a request as a curl command, and a menu with other formats. With scripts they copy the text. */
import { Html } from "@elysiajs/html";
import { Icon } from "../../components/icon.tsx";
import { isPermitted } from "../../permitted.ts";
import { attribute } from "../../render.ts";
import { COPY_FORMATS } from "./copy-formats.ts";

/** `hrefOf` is the path of the request's text in a format. Left out for readers whose role does not show URLs. */
export function CopyMenu({ hrefOf }: { hrefOf: (as: string) => string }): JSX.Element {
  if (!isPermitted("GET", hrefOf("curl"))) return "";
  return (
    <>
      <CopyLink href={hrefOf("curl")} label="Copy as curl" />
      <details class="copy-menu" data-closes>
        <summary class="button button-plain">
          <span>More formats</span>
        </summary>
        <div class="filter-panel copy-formats">
          {COPY_FORMATS.filter(({ as }) => as !== "curl").map(({ as, label }) => (
            <CopyLink href={hrefOf(as)} label={`Copy as ${label}`} />
          ))}
        </div>
      </details>
    </>
  );
}

function CopyLink({ href, label }: { href: string; label: string }): JSX.Element {
  return (
    <a class="button button-plain" href={attribute(href)} hx-boost="false" data-copy-from>
      <Icon name="copy" />
      <span data-copy-label safe>
        {label}
      </span>
    </a>
  );
}
