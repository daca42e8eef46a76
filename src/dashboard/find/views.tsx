/** The page of the search over everything: objects by name, or that nothing has the id. */
import { Html } from "@elysiajs/html";
import type { FoundByName, Named } from "../../webhooks/find.ts";
import { Card, EmptyState, PageHeader } from "../components/card.tsx";
import { Notice } from "../components/flash-line.tsx";
import { Icon } from "../components/icon.tsx";
import { Layout } from "../layout.tsx";
import { attribute } from "../render.ts";
import type { Flash, Viewer } from "../viewer.ts";
import { FIND_PATH, foundPath } from "./paths.ts";

type FindProps = FoundByName &
  Readonly<{
    viewer: Viewer;
    flash: Flash | null;
    text: string;
    /** False if not all webhooks were searched for an event's id. */
    isWhole: boolean;
  }>;

export function FindPage(props: FindProps): JSX.Element {
  const { viewer, flash, text, objects, isCut, isWhole } = props;
  return (
    <Layout title="Find" viewer={viewer} flash={flash}>
      <PageHeader
        title="Find"
        lead="Opens what has the id that you enter: an event, a delivery’s event, a webhook, a target or an entrypoint. Anything else is looked for in the names of your webhooks, targets and entrypoints."
        manual="event-log"
      />
      <search>
        <form class="find-form" method="get" action={FIND_PATH}>
          <input
            class="input"
            type="search"
            name="q"
            value={attribute(text)}
            maxlength={200}
            aria-label="Id or name"
            autofocus={text === ""}
          />
          <button class="button button-primary" type="submit">
            <Icon name="search" />
            <span>Find</span>
          </button>
        </form>
      </search>
      {!isWhole && (
        <Notice
          tone="warn"
          text="Not all of your webhooks could be searched for this id in time."
          hint="Enter the id in the search box of the webhook’s own log."
        />
      )}
      {objects.length > 0 ? (
        <Card flush>
          <ul class="find-list">
            {objects.map((object) => (
              <FoundRow object={object} />
            ))}
          </ul>
        </Card>
      ) : (
        text !== "" && (
          <EmptyState
            icon="search"
            title="Nothing found"
            text="To find events by their content, search in the log of their webhook."
          />
        )
      )}
      {isCut && <p class="muted">There are more. Enter a longer part of the name.</p>}
    </Layout>
  );
}

function FoundRow({ object }: { object: Named }): JSX.Element {
  const { kind, name, webhookName } = object;
  return (
    <li>
      <a href={attribute(foundPath(object))}>
        <bdi safe>{name}</bdi>
      </a>
      <span class="muted" safe>
        {kind === "webhook" ? "webhook" : `${kind} of ${webhookName}`}
      </span>
    </li>
  );
}
