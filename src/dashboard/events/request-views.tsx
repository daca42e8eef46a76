/** Cards of a request: its properties and its body. */
import { Html } from "@elysiajs/html";
import type { StoredEvent } from "../../storage/event-db/types.ts";
import type { UnreadValue } from "../../webhooks/unread-values.ts";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { Card } from "../components/card.tsx";
import { Icon } from "../components/icon.tsx";
import { Bytes, CopyButton } from "../components/values.tsx";
import { attribute } from "../render.ts";
import { logPath, webhookPath } from "../webhooks/paths.ts";
import type { BodyPicture } from "./body/body-picture.ts";
import { BodyView, bodyKind } from "./body/body-view.tsx";
import { NameOf } from "./event-row.tsx";
import type { Named } from "./names.ts";
import { bodyPath, eventPath, placePath } from "./paths.ts";
import { UnreadValues } from "./unread-view.tsx";

export type RequestProps = Readonly<{
  webhook: Webhook;
  event: StoredEvent;
  entrypoint: Named;
  picture: BodyPicture;
  /** Says how the picture differs from what was sent; null if it does not. */
  bodyNote: string | null;
  unread: readonly UnreadValue[];
  /** True if the reader asked for more of the body than the page shows at first. */
  isLong: boolean;
  /** Filter of the log that led here. */
  query: string;
}>;

export function Facts({ webhook, event, entrypoint, unread }: RequestProps): JSX.Element {
  return (
    <Card>
      <dl class="facts">
        <dt>Entrypoint</dt>
        <dd>
          {entrypoint.isDeleted ? (
            <NameOf named={entrypoint} />
          ) : (
            <a href={webhookPath(webhook.id)}>
              <NameOf named={entrypoint} />
            </a>
          )}
        </dd>
        {event.type !== null && (
          <>
            <dt>Event type</dt>
            <dd>
              <a href={attribute(logPath(webhook.id, { type: event.type }))}>
                <bdi class="break" safe>
                  {event.type}
                </bdi>
              </a>
            </dd>
          </>
        )}
        <dt>Sender</dt>
        <dd>
          <code safe>{event.remoteAddress === "" ? "unknown" : event.remoteAddress}</code>
        </dd>
        <dt>Content type</dt>
        <dd>
          <bdi safe>{event.contentType === "" ? "none" : event.contentType}</bdi>
        </dd>
        <dt>Size</dt>
        <dd>
          <Bytes n={event.bodySize} />
        </dd>
        <dt>Event id</dt>
        <dd class="event-id">
          <code safe>{event.id}</code>
          <CopyButton text={event.id} />
        </dd>
      </dl>
      <UnreadValues unread={unread} />
    </Card>
  );
}

export function BodyCard({ webhook, event, picture, bodyNote, isLong, query }: RequestProps): JSX.Element {
  const path = bodyPath(webhook.id, event.id);
  const isCut = picture.kind !== "empty" && picture.isCut;
  return (
    <Card
      title="Body"
      lead={bodyKind(picture)}
      actions={
        picture.kind === "empty" ? (
          ""
        ) : (
          <div class="page-actions">
            {picture.kind !== "hex" && (
              <>
                {/* With scripts, copies the text behind the link. */}
                <a class="button button-plain button-small" href={path} hx-boost="false" data-copy-from>
                  <Icon name="copy" />
                  <span data-copy-label>Copy</span>
                </a>
                <a class="button button-plain button-small" href={path} hx-boost="false">
                  Raw
                </a>
              </>
            )}
            <a class="button button-plain button-small" href={`${path}?download`} hx-boost="false">
              <Icon name="download" />
              <span>Download</span>
            </a>
          </div>
        )
      }
    >
      <BodyView picture={picture} label="Body" placesAt={placePath(webhook.id, event.id)} />
      {picture.kind === "json" && (
        <p class="value-place muted text-s" id="value-place" hidden>
          Click a name or a value to get its path.
        </p>
      )}
      {bodyNote !== null && (
        <p class="body-notes muted text-s" safe>
          {bodyNote}
        </p>
      )}
      {isCut && (
        <p class="body-notes muted text-s">
          <span>
            Only the beginning of <Bytes n={event.bodySize} /> is shown.
          </span>
          {!isLong && <a href={attribute(longerPath(webhook.id, event.id, query))}>Show more</a>}
        </p>
      )}
    </Card>
  );
}

function longerPath(webhookId: string, eventId: string, query: string): string {
  return eventPath(webhookId, eventId, `${query === "" ? "?" : `${query}&`}body=long`);
}
