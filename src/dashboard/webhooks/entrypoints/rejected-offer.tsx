/** A line about an entrypoint's rejected requests: how many are kept, and links to review and re-check them. */
import { Html } from "@elysiajs/html";
import type { Entrypoint } from "../../../webhooks/entrypoints.ts";
import { ActionButton } from "../../components/button.tsx";
import { formatCount } from "../../components/format.ts";
import { Icon } from "../../components/icon.tsx";
import { isPermitted } from "../../permitted.ts";
import { rejectedActionPath, rejectedPath } from "../../rejected/paths.ts";
import { attribute } from "../../render.ts";
import { verificationPath } from "../paths.ts";

export function RejectedOffer({ entrypoint, count }: { entrypoint: Entrypoint; count: number }): JSX.Element {
  const { id, webhookId, name } = entrypoint;
  return (
    <div class="suggestion">
      <Icon name="alert" />
      <div class="suggestion-act">
        <p>
          <span safe>{`${formatCount(count, "rejected request")}: `}</span>
          <a href={attribute(rejectedPath(webhookId, id))}>{count === 1 ? "review it" : "review them"}</a>
          {isPermitted("GET", verificationPath(entrypoint)) && (
            <>
              , <a href={attribute(verificationPath(entrypoint))}>fix the secret</a>, then
            </>
          )}
        </p>
        <ActionButton
          size="small"
          icon="replay"
          label="Re-check"
          describe={`Re-check rejected requests of ${name}`}
          action={rejectedActionPath(webhookId, "verify")}
          fields={{ entrypoint: id }}
        />
      </div>
    </div>
  );
}
