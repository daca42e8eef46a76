/** Administrators' actions on a user: the buttons of the user's row, and their confirmations without scripts. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { User } from "../../auth/users.ts";
import { ActionButton, Button } from "../components/button.tsx";
import { ConfirmPage } from "../components/confirm-page.tsx";
import type { Viewer } from "../viewer.ts";
import { serviceKeysPath } from "./service-keys-path.ts";

const USERS = "/admin/users";

export function UserActions(props: {
  user: User;
  isSignedIn: boolean;
  hasSecondFactor: boolean;
}): JSX.Element {
  const { user, isSignedIn, hasSecondFactor } = props;
  const { id, username, hasPassword, isService, disabledAt } = user;
  return (
    <>
      {!isService ? (
        <>
          <ActionButton
            action={`${USERS}/${id}/password`}
            size="small"
            icon="key"
            label={hasPassword ? "Reset password" : "Set password"}
            describe={`${hasPassword ? "Reset" : "Set"} password of ${username}`}
            confirm={
              hasPassword
                ? `Reset the password of ${username}? Their current password stops working and they are signed out everywhere.`
                : `Set a password for ${username}? They are signed out everywhere, and can sign in by it.`
            }
          />{" "}
          {hasPassword && disabledAt === null && (
            <ActionButton
              action={`${USERS}/${id}/password-link`}
              size="small"
              label="Password link"
              describe={`Password link for ${username}`}
            />
          )}
        </>
      ) : (
        <Button
          href={serviceKeysPath(id)}
          kind="plain"
          size="small"
          icon="key"
          label="API keys"
          describe={`API keys of ${username}`}
        />
      )}{" "}
      {hasSecondFactor && (
        <ActionButton
          action={`${USERS}/${id}/second-factor/reset`}
          size="small"
          label="Reset second factor"
          describe={`Reset second factor of ${username}`}
          confirm={`Reset the second factor of ${username}? Their password alone signs them in then.`}
        />
      )}{" "}
      {isSignedIn && (
        <ActionButton
          action={`${USERS}/${id}/sign-out`}
          size="small"
          icon="sign-out"
          label="Sign out"
          describe={`Sign out ${username}`}
          confirm={`Sign ${username} out everywhere? Their API keys keep working.`}
        />
      )}{" "}
      {disabledAt === null ? (
        <ActionButton
          action={`${USERS}/${id}/disable`}
          kind="danger"
          size="small"
          label="Disable"
          describe={`Disable ${username}`}
          confirm={`Disable ${username}? They are signed out and their API keys are refused. Their webhooks keep running.`}
        />
      ) : (
        <ActionButton
          action={`${USERS}/${id}/enable`}
          size="small"
          label="Enable"
          describe={`Enable ${username}`}
        />
      )}
    </>
  );
}

type Asked = Readonly<{ viewer: Viewer; user: User }>;

function ConfirmUserAction(
  props: PropsWithChildren<Asked & Readonly<{ title: string; verb: string; confirmLabel: string }>>,
): JSX.Element {
  const { viewer, user, title, verb, confirmLabel, children } = props;
  return (
    <ConfirmPage
      title={title}
      viewer={viewer}
      section="admin"
      crumbs={[{ href: USERS, label: "Users" }]}
      action={`${USERS}/${user.id}/${verb}`}
      confirmLabel={confirmLabel}
      cancelHref={USERS}
    >
      {children}
    </ConfirmPage>
  );
}

export function disableView(asked: Asked): JSX.Element {
  const title = `Disable ${asked.user.username}?`;
  return (
    <ConfirmUserAction {...asked} title={title} verb="disable" confirmLabel="Disable user">
      <p>They are signed out everywhere and their API keys are refused until they are enabled again.</p>
      <p>Their webhooks keep receiving and delivering.</p>
    </ConfirmUserAction>
  );
}

export function resetPasswordView(asked: Asked): JSX.Element {
  const { username, hasPassword } = asked.user;
  const title = hasPassword ? `Reset the password of ${username}?` : `Set a password for ${username}?`;
  const label = hasPassword ? "Reset password" : "Set password";
  return (
    <ConfirmUserAction {...asked} title={title} verb="password" confirmLabel={label}>
      <p>
        {hasPassword ? "Their current password stops working and they" : "They"} are signed out everywhere. A
        new password is generated and shown to you once.
      </p>
    </ConfirmUserAction>
  );
}

export function signOutView(asked: Asked): JSX.Element {
  const title = `Sign ${asked.user.username} out everywhere?`;
  return (
    <ConfirmUserAction {...asked} title={title} verb="sign-out" confirmLabel="Sign out">
      <p>Their browsers must sign in again. Their API keys keep working.</p>
    </ConfirmUserAction>
  );
}

export function resetFactorView(asked: Asked): JSX.Element {
  const title = `Reset the second factor of ${asked.user.username}?`;
  return (
    <ConfirmUserAction {...asked} title={title} verb="second-factor/reset" confirmLabel="Reset second factor">
      <p>Their password alone signs them in then, and their recovery codes stop working.</p>
    </ConfirmUserAction>
  );
}
