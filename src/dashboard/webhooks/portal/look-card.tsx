/** How portals look, and which page may frame them: a sample, and the form for the webhook's owner. */
import { Html } from "@elysiajs/html";
import type { PortalSettings, StoredPortalSettings } from "../../../storage/main-db/portal/portal-links.ts";
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { ActionButton, Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { FileField, TextField } from "../../components/field-row.tsx";
import { Notice } from "../../components/flash-line.tsx";
import { CheckboxField } from "../../components/form-fields.tsx";
import { type FieldErrors, type FormInput, NO_ERRORS } from "../../forms.ts";
import { BY_HAND_FIELD, ManagedNote } from "../../managed/managed-views.tsx";
import { textOn } from "../../portal/theme.ts";
import { attribute } from "../../render.ts";
import type { Viewer } from "../../viewer.ts";
import { FormFaults } from "../form-faults.tsx";
import { webhookPortalPath } from "../paths.ts";

type Props = Readonly<{
  viewer: Viewer;
  webhook: Webhook;
  settings: StoredPortalSettings;
  isHttps: boolean;
  returned: Readonly<{ typed: FormInput; errors: FieldErrors }> | undefined;
}>;

const LOGO_SIZE = "28";

export function LookCard(props: Props): JSX.Element {
  const { viewer, webhook, settings, isHttps } = props;
  const isOwn = webhook.ownerId === viewer.id;
  return (
    <Card
      title="Look"
      lead={
        isOwn
          ? "For the portals of all webhooks that you own."
          : "The user who owns this webhook chooses it, for the portals of all their webhooks."
      }
    >
      <div class="card-parts">
        <Sample {...settings} />
        <ManagedNote of={{ ...settings, key: null }} what="look" />
        {settings.origin !== null && !isHttps && (
          <Notice
            tone="warn"
            text="With an origin, portals need HTTPS."
            hint="Browsers keep the session of pages that another site may frame only over HTTPS. BASE_URL of this server does not begin with https://."
          />
        )}
        {isOwn ? <LookForm {...props} /> : <Origin {...settings} />}
        {isOwn && settings.managedBy !== null && (
          <div class="card-row">
            <p class="muted">
              If there is no file any more that has the look, end that it is managed: nothing else changes.
            </p>
            <ActionButton
              label="Stop managing"
              describe="Stop managing the look by a file"
              action={`${webhookPortalPath(webhook.id)}/unmanage`}
            />
          </div>
        )}
      </div>
    </Card>
  );
}

/** Colours are attributes of a picture, as pages have no styles of their own. */
function Sample({ name, colour, logo }: PortalSettings): JSX.Element {
  return (
    <div class="portal-sample">
      {colour !== null && (
        <svg class="portal-line" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
          <rect width="1" height="1" fill={attribute(colour)} />
        </svg>
      )}
      {logo !== null && <img src={attribute(logo)} alt="" width={LOGO_SIZE} height={LOGO_SIZE} />}
      <span class="brand" safe>
        {name ?? "Webhooks"}
      </span>
      <svg class="portal-button" viewBox="0 0 96 32" width="96" height="32" aria-hidden="true">
        <rect width="96" height="32" rx="8" fill={colour === null ? undefined : attribute(colour)} />
        <text x="48" y="21" text-anchor="middle" fill={colour === null ? undefined : textOn(colour)}>
          Add target
        </text>
      </svg>
    </div>
  );
}

function Origin({ origin }: PortalSettings): JSX.Element {
  if (origin === null) return <p class="muted">No page may show it in a frame.</p>;
  return (
    <p class="muted">
      Pages of <code safe>{origin}</code> may show it in a frame.
    </p>
  );
}

function LookForm({ webhook, settings, returned }: Props): JSX.Element {
  const { typed, errors } = returned ?? { typed: null, errors: NO_ERRORS };
  const value = (name: "name" | "colour" | "origin") => (typed ? typed[name] : settings[name]) ?? "";
  return (
    // Not boosted: htmx does not send files.
    <form
      class="form"
      method="post"
      action={attribute(webhookPortalPath(webhook.id))}
      enctype="multipart/form-data"
      hx-boost="false"
    >
      <FormFaults errors={errors} shown={["name", "colour", "logo", "origin", BY_HAND_FIELD]} />
      <TextField
        name="name"
        label="Name"
        value={value("name")}
        error={errors.name}
        help="Your product. Shown at the top, instead of “Webhooks”."
        placeholder="Acme"
        maxlength={60}
        optional
      />
      <TextField
        name="colour"
        label="Colour"
        value={value("colour")}
        error={errors.colour}
        help="Buttons and the line at the top have it. Text on it is black or white, whichever can be read."
        placeholder="#4f46e5"
        maxlength={7}
        optional
      />
      <FileField
        name="logo"
        label="Logo"
        error={errors.logo}
        help={`A PNG, JPEG, WebP, GIF or SVG image of up to 48 KB, best a square.${typed?.logo === undefined ? "" : " Choose it again."}`}
        optional
      />
      {settings.logo !== null && (
        <CheckboxField
          name="remove_logo"
          label="Remove the logo"
          error={undefined}
          checked={typed?.remove_logo !== undefined}
        />
      )}
      <TextField
        name="origin"
        label="Origin that may embed portals"
        value={value("origin")}
        error={errors.origin}
        help="Scheme, host and port of the page whose frame shows portals. Empty: no page may."
        placeholder="https://app.example.com"
        maxlength={300}
        optional
      />
      {settings.managedBy !== null && (
        // Asked here and not on a page of its own, which could not send the logo again.
        <CheckboxField
          name={BY_HAND_FIELD}
          label="Change by hand what the file manages"
          error={errors[BY_HAND_FIELD]}
          checked={typed?.[BY_HAND_FIELD] !== undefined}
        />
      )}
      <div class="form-actions">
        <Button kind="primary" label="Save" describe="Save the look" />
      </div>
    </form>
  );
}
