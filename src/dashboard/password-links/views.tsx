/** Pages for lost passwords and for the confirmation of e-mail addresses. */
import { Html } from "@elysiajs/html";
import { LINK_PATHS } from "../../auth/links/one-time-links.ts";
import { Button } from "../components/button.tsx";
import { TextField } from "../components/field-row.tsx";
import { Notice } from "../components/flash-line.tsx";
import { OpenCard } from "../components/open-card.tsx";
import type { FieldErrors } from "../forms.ts";
import { attribute } from "../render.ts";
import { FORGOT_PATH } from "./paths.ts";

const SIGN_IN = "/pages/login";

export function forgotView(props: {
  /** Whether the server sends e-mail, and takes passwords. */
  isPossible: boolean;
  typed: string;
  fault: string | null;
}): JSX.Element {
  const { isPossible, typed, fault } = props;
  return (
    <OpenCard title="Forgot your password?" viewer={null}>
      {isPossible ? (
        <form class="form" method="post" action={FORGOT_PATH}>
          <p>A link to a new password goes to the e-mail address in your profile.</p>
          <TextField
            name="who"
            label="Username or e-mail address"
            value={typed}
            error={fault ?? undefined}
            autocomplete="username"
            maxlength={254}
            required
            autofocus
          />
          <Button kind="primary" label="Send link" />
        </form>
      ) : (
        <Notice
          tone="info"
          text="This server sends no links to new passwords."
          hint="Ask an administrator."
        />
      )}
      <Button label="Back to the sign-in" href={SIGN_IN} />
    </OpenCard>
  );
}

/** Says the same whether or not there is such a user. */
export function askedView(): JSX.Element {
  return (
    <OpenCard title="Look into your mailbox" viewer={null}>
      <p>
        If a user has this name or address, and has confirmed an e-mail address, a link is on its way there.
        It works once, for an hour.
      </p>
      <p class="muted">
        Nothing came? Look among unwanted e-mail, or ask an administrator: they can make such a link for you.
      </p>
      <Button label="Back to the sign-in" href={SIGN_IN} />
    </OpenCard>
  );
}

export function newPasswordView(props: {
  token: string;
  /** Null: the link cannot be used. */
  username: string | null;
  errors: FieldErrors;
}): JSX.Element {
  const { token, username, errors } = props;
  if (username === null) return <Gone title="New password" />;
  return (
    <OpenCard title="New password" lead={`For ${username}`} viewer={null}>
      <form class="form" method="post" action={LINK_PATHS.password}>
        <p>It signs you out everywhere. A second factor and passkeys stay as they are.</p>
        <input type="hidden" name="token" value={attribute(token)} />
        {/* Tells password managers whose password it is. */}
        <input type="text" value={username} autocomplete="username" hidden readonly />
        <TextField
          name="password"
          label="New password"
          type="password"
          help="10 characters or more, for example a few words."
          error={errors.password}
          autocomplete="new-password"
          required
          autofocus
        />
        <Button kind="primary" label="Set password" />
      </form>
    </OpenCard>
  );
}

export function confirmEmailView(props: {
  token: string;
  /** Null: the link cannot be used. */
  claim: Readonly<{ username: string; email: string }> | null;
}): JSX.Element {
  const { token, claim } = props;
  if (claim === null) return <Gone title="E-mail address" />;
  return (
    <OpenCard title="Confirm your e-mail address" viewer={null}>
      <form class="form" method="post" action={LINK_PATHS.email}>
        <p>
          <strong safe>{claim.email}</strong> becomes the address of the user{" "}
          <strong safe>{claim.username}</strong>. Links to a new password go there.
        </p>
        <input type="hidden" name="token" value={attribute(token)} />
        <Button kind="primary" label="Confirm address" />
      </form>
    </OpenCard>
  );
}

function Gone({ title }: { title: string }): JSX.Element {
  return (
    <OpenCard title={title} viewer={null}>
      <Notice
        tone="bad"
        text="This link cannot be used any more."
        hint="It works once and for a limited time. Ask for another one."
      />
      <Button kind="primary" label="Sign in" href={SIGN_IN} />
    </OpenCard>
  );
}
