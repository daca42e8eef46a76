/** An invitation with the forms that accept it. */
import { Html } from "@elysiajs/html";
import type { Offer } from "../../webhooks/people/invitations/accept-invitations.ts";
import { INVITATION_PATH } from "../../webhooks/people/invitations/invitation-deps.ts";
import { ActionButton, Button } from "../components/button.tsx";
import { TextField } from "../components/field-row.tsx";
import { Notice } from "../components/flash-line.tsx";
import { OpenCard } from "../components/open-card.tsx";
import { Time } from "../components/values.tsx";
import type { FieldErrors, FormInput } from "../forms.ts";
import { signInPath } from "../next-path.ts";
import { attribute } from "../render.ts";
import type { Flash, Viewer } from "../viewer.ts";

type Props = Readonly<{
  viewer: Viewer | null;
  flash: Flash | null;
  token: string;
  /** Null: the link cannot be used. */
  offer: Offer | null;
  typed: FormInput;
  errors: FieldErrors;
}>;

type Usable = Props & Readonly<{ offer: Offer }>;

export function acceptView(props: Props): JSX.Element {
  const { viewer, flash, offer } = props;
  return (
    <OpenCard title="Invitation" viewer={viewer} flash={flash}>
      {offer === null ? (
        <>
          <Notice
            tone="bad"
            text="This invitation cannot be used any more."
            hint="It works once and for a limited time. Ask whoever invited you for another one."
          />
          <Button kind="primary" label={viewer === null ? "Sign in" : "Your webhooks"} href="/sources" />
        </>
      ) : (
        <>
          <p>
            <strong safe>{offer.invitedBy}</strong>
            <span safe>{` invites you ${offerText(offer)}. The link works once, until `}</span>
            <Time at={offer.expiresAt} />.
          </p>
          {viewer === null ? (
            <NewAccount {...props} offer={offer} />
          ) : (
            <OwnAccount {...props} viewer={viewer} offer={offer} />
          )}
        </>
      )}
    </OpenCard>
  );
}

function NewAccount({ token, offer, typed, errors }: Usable): JSX.Element {
  const toSignIn = signInPath(`${INVITATION_PATH}?token=${encodeURIComponent(token)}`);
  if (!offer.takesNew) return <Button kind="primary" label="Sign in to accept" href={toSignIn} />;
  return (
    <>
      <form class="form" method="post" action={INVITATION_PATH}>
        <input type="hidden" name="token" value={attribute(token)} />
        <TextField
          name="username"
          label="Username"
          help="Letters, digits, dots, hyphens, underscores or @."
          value={typed.username ?? proposedUsername(offer.name)}
          error={errors.username}
          autocomplete="username"
          maxlength={64}
          required
          autofocus
        />
        <TextField
          name="password"
          label="Password"
          type="password"
          help="10 characters or more, for example a few words."
          error={errors.password}
          autocomplete="new-password"
          required
        />
        <Button kind="primary" label="Create account" />
      </form>
      {isForAccounts(offer) && (
        <p class="muted">
          You have an account? <a href={attribute(toSignIn)}>Sign in to accept with it</a>.
        </p>
      )}
    </>
  );
}

function OwnAccount({ viewer, token, offer }: Usable & Readonly<{ viewer: Viewer }>): JSX.Element {
  if (!isForAccounts(offer)) {
    return (
      <>
        <Notice
          tone="info"
          text={`You are signed in as ${viewer.username}, and have an account.`}
          hint="Sign out to create another one by this link."
        />
        <ActionButton action="/pages/logout" icon="sign-out" label="Sign out" />
      </>
    );
  }
  return (
    <form class="form" method="post" action={INVITATION_PATH}>
      <input type="hidden" name="token" value={attribute(token)} />
      <input type="hidden" name="as" value="own" />
      <Button kind="primary" label={`Accept as ${viewer.username}`} />
    </form>
  );
}

/** Whether it offers anything to somebody who has an account. */
function isForAccounts({ webhook, teamName }: Offer): boolean {
  return webhook !== null || teamName !== null;
}

function offerText({ webhook, teamName, isAdmin }: Offer): string {
  if (webhook !== null) return `to the webhook ${webhook.name}, as ${webhook.role}`;
  const account = isAdmin ? "to this server, as an administrator" : "to this server";
  return teamName === null ? account : `${account}, into the team ${teamName}`;
}

/** Returns a name that fits as a username, or nothing. */
function proposedUsername(name: string | null): string {
  const fit = (name ?? "").trim().replaceAll(/\s+/g, ".");
  return /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(fit) ? fit.toLowerCase() : "";
}
