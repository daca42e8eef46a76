/** The path of a value in a body, with links that find events by it. With scripts it is shown under the body. */
import { Html } from "@elysiajs/html";
import { type JsonPlace, scalarText } from "../../../bodies/json-places.ts";
import { readIndexedFields } from "../../../settings/indexed-fields.ts";
import { JSON_MARK } from "../../../settings/value-path.ts";
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { Button } from "../../components/button.tsx";
import { PageHeader } from "../../components/card.tsx";
import { CopyButton } from "../../components/values.tsx";
import { Layout } from "../../layout.tsx";
import { attribute } from "../../render.ts";
import type { Viewer } from "../../viewer.ts";
import { crumbsWithin } from "../../webhooks/crumbs.ts";
import { logPath, webhookPath } from "../../webhooks/paths.ts";
import { FIELD_MARK } from "../log-filter.ts";
import { eventPath } from "../paths.ts";

/** Longer values are searched by their beginning, as the log's search takes no more. */
const MOST_SEARCHED = 200;

type PlaceProps = Readonly<{ webhook: Webhook; eventId: string; place: JsonPlace | null }>;

export function PlacePage(props: PlaceProps & { viewer: Viewer }): JSX.Element {
  const { viewer, webhook, eventId } = props;
  return (
    <Layout title="Value" viewer={viewer} section="sources" crumbs={crumbsWithin(webhook)}>
      <PageHeader title="A value in a body" />
      <ValuePlace {...props} />
      <p>
        <a href={attribute(eventPath(webhook.id, eventId))}>Back to the event</a>
      </p>
    </Layout>
  );
}

function ValuePlace({ webhook, place }: PlaceProps): JSX.Element {
  if (place === null) {
    return (
      <p class="value-place muted" id="value-place">
        The body has no such value.
      </p>
    );
  }
  const path = pathOf(place);
  const fields = readIndexedFields(webhook.settings.indexed_fields);
  const field = fields.find((each) => each.place === path);
  const value = place.source === null ? null : scalarText(place.source).slice(0, MOST_SEARCHED);
  return (
    <div class="value-place" id="value-place" role="status">
      {path === null ? (
        <span class="muted">
          No path can name this value, because a name on its way has a dot or a space.
        </span>
      ) : (
        <>
          <code class="break" safe>
            {path}
          </code>
          <CopyButton text={path} />
        </>
      )}
      {value !== null && value !== "" && (
        <Button
          size="small"
          icon="filter"
          label={field === undefined ? "Find events with this value" : `Find events by ${field.name}`}
          href={logPath(
            webhook.id,
            field === undefined ? { q: value } : { [FIELD_MARK + field.name]: value },
          )}
        />
      )}
      {value !== null && path !== null && field === undefined && (
        <a class="text-s" href={`${webhookPath(webhook.id)}/edit`}>
          Make it a field to find events by it at once
        </a>
      )}
    </div>
  );
}

function pathOf({ steps }: JsonPlace): string | null {
  const isNameable = steps.length > 0 && steps.every((step) => /^[^\s.]+$/.test(step));
  return isNameable ? `${JSON_MARK}${steps.join(".")}` : null;
}
