/** The page about a webhook's portals: a new link, the links and sessions that there are, and how portals look. */
import { Html } from "@elysiajs/html";
import type { StoredPortalSettings } from "../../../storage/main-db/portal/portal-links.ts";
import type { TargetType } from "../../../targets/target-type.ts";
import type { PortalLink } from "../../../webhooks/portal/portals.ts";
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { Badge, type Tone } from "../../components/badge.tsx";
import { ActionButton, Button } from "../../components/button.tsx";
import { Card, DataTable, EmptyState, PageHeader } from "../../components/card.tsx";
import { FieldNotes, fieldIds, SelectField } from "../../components/field-row.tsx";
import { CheckboxField } from "../../components/form-fields.tsx";
import { formatCount } from "../../components/format.ts";
import { SecretOnce } from "../../components/secret-once.tsx";
import { Time } from "../../components/values.tsx";
import { type FieldErrors, type FormInput, NO_ERRORS } from "../../forms.ts";
import { Layout } from "../../layout.tsx";
import { attribute } from "../../render.ts";
import type { Flash, Viewer } from "../../viewer.ts";
import { crumbsWithin } from "../crumbs.ts";
import { FormFaults } from "../form-faults.tsx";
import { portalLinksPath } from "../paths.ts";
import { FIRST_LINK, LIFETIMES, typeField } from "./link-form.ts";
import { LookCard } from "./look-card.tsx";

type Props = Readonly<{
  viewer: Viewer;
  flash: Flash | null;
  webhook: Webhook;
  links: readonly PortalLink[];
  settings: StoredPortalSettings;
  types: readonly TargetType[];
  /** A URL, shown this one time. */
  newLink: string | null;
  isHttps: boolean;
  /** A form that comes back with its errors. */
  returned: Readonly<{ form: "link" | "look"; typed: FormInput; errors: FieldErrors }> | undefined;
}>;

/** Rows of the table; a webhook may have a thousand links. */
const MOST_LINKS = 50;

const STATES: Readonly<Record<PortalLink["state"], Readonly<{ tone: Tone; label: string; title: string }>>> =
  {
    unopened: { tone: "info", label: "not opened", title: "Nobody has opened this link yet." },
    open: { tone: "ok", label: "open", title: "Somebody has opened this link and has the portal." },
    stopped: {
      tone: "idle",
      label: "stopped",
      title: "Whoever made it is disabled, or no editor of this webhook any more. The portal does not work.",
    },
  };

export function PortalPage(props: Props): JSX.Element {
  const { viewer, flash, webhook, newLink, returned } = props;
  return (
    <Layout
      title="Portal"
      tabTitle={`Portal · ${webhook.name}`}
      viewer={viewer}
      section="sources"
      flash={flash}
      crumbs={crumbsWithin(webhook)}
    >
      <PageHeader
        title="Portal"
        lead={`Pages on which a customer manages targets of ${webhook.name}, without an account here.`}
        manual="portal"
      />
      {newLink !== null && (
        <SecretOnce
          title="Link to the portal"
          secret={newLink}
          hint="Hand it on unopened: it opens once, for whoever opens it first."
        />
      )}
      <div class="stack">
        <LinksCard {...props} />
        <LookCard {...props} returned={returned?.form === "look" ? returned : undefined} />
      </div>
    </Layout>
  );
}

function LinksCard(props: Props): JSX.Element {
  const { webhook, links, types } = props;
  const path = portalLinksPath(webhook.id);
  const shown = links.slice(0, MOST_LINKS);
  const labels = new Map(types.map(({ type, label }) => [type, label]));
  const revokeAll = links.length > 1 && (
    <ActionButton
      action={`${path}/revoke`}
      kind="danger"
      size="small"
      label="Revoke all"
      describe="Revoke all portal links of this webhook"
      confirm="Revoke all portal links of this webhook? Whoever opened one can do nothing more in the portal."
    />
  );
  return (
    <Card
      flush
      title="Links"
      lead="A link opens once, and becomes a session of the person who opened it."
      actions={revokeAll || ""}
    >
      <LinkForm {...props} path={path} />
      {links.length === 0 ? (
        <EmptyState
          icon="key"
          title="Nobody has a portal of this webhook"
          text="With a portal, a customer adds and tests their own targets and sees what became of each event, and nothing else. Make a link above and hand it on, or let your product ask for links by the API and show the portal in a frame."
        />
      ) : (
        <DataTable
          caption="Portal links"
          stack
          columns={["Made", "By", "Targets", "State", "Ends", { label: "Actions", hidden: true }]}
        >
          {shown.map((link) => (
            <LinkRow link={link} labels={labels} path={path} />
          ))}
        </DataTable>
      )}
      {links.length > shown.length && (
        <p class="card-bar muted" safe>
          {`Only the newest ${MOST_LINKS} of ${formatCount(links.length, "link")} are shown.`}
        </p>
      )}
    </Card>
  );
}

function LinkForm({ types, returned, path }: Props & Readonly<{ path: string }>): JSX.Element {
  const { typed, errors } = returned?.form === "link" ? returned : { typed: FIRST_LINK, errors: NO_ERRORS };
  const { id } = fieldIds({ name: "target_types" });
  const fault = errors.target_types;
  return (
    // Not boosted, because the preview opens in a tab of its own.
    <form class="form card-bar" method="post" action={attribute(path)} hx-boost="false">
      <FormFaults errors={errors} shown={["expires_in", "target_types"]} />
      <fieldset class={fault === undefined ? "field" : "field field-wrong"}>
        <legend>The customer manages targets of these types</legend>
        <div class="check-row">
          {types.map(({ type, label }) => (
            <CheckboxField
              name={typeField(type)}
              label={label}
              error={undefined}
              checked={typed[typeField(type)] !== undefined}
            />
          ))}
        </div>
        <FieldNotes id={id} error={fault && "Choose at least one."} />
      </fieldset>
      <SelectField
        name="lifetime"
        label="Link and session end after"
        value={typed.lifetime}
        options={LIFETIMES}
        error={errors.expires_in}
      />
      <div class="form-actions">
        <Button kind="primary" icon="plus" label="Make link" />
        <Button label="Open preview" newTabAction={`${path}/preview`} />
      </div>
      <p class="field-help">
        The preview is a portal for you, in a new tab and for 10 minutes. Changes there are real.
      </p>
    </form>
  );
}

function LinkRow(props: {
  link: PortalLink;
  labels: ReadonlyMap<string, string>;
  path: string;
}): JSX.Element {
  const { link, labels, path } = props;
  const { id, username, createdAt, expiresAt, targetTypes, state } = link;
  return (
    <tr class={state === "stopped" ? "row-idle" : undefined}>
      <td class="nowrap" data-label="Made">
        <Time at={createdAt} relative />
      </td>
      <td data-label="By" safe>
        {username ?? "a deleted user"}
      </td>
      <td data-label="Targets" safe>
        {targetTypes.map((type) => labels.get(type) ?? type).join(", ")}
      </td>
      <td data-label="State">
        <Badge {...STATES[state]} />
      </td>
      <td class="nowrap" data-label="Ends">
        <Time at={expiresAt} ahead />
      </td>
      <td class="cell-actions">
        <ActionButton
          action={`${path}/${id}/revoke`}
          kind="danger"
          size="small"
          label="Revoke"
          describe={`Revoke the link that ${username ?? "a deleted user"} made`}
          confirm="Revoke this portal link? Whoever opened it can do nothing more in the portal."
        />
      </td>
    </tr>
  );
}
