/** Asks before somebody loses access to a webhook, or it gets another owner. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { Member } from "../../../webhooks/people/members.ts";
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { ConfirmPage } from "../../components/confirm-page.tsx";
import type { Viewer } from "../../viewer.ts";
import { crumbsWithin } from "../crumbs.ts";
import { sharingPath } from "../paths.ts";

type Asked = Readonly<{ viewer: Viewer; webhook: Webhook }>;

export function RemoveMemberPage({ viewer, webhook, member }: Asked & Readonly<{ member: Member }>) {
  return (
    <Ask
      viewer={viewer}
      webhook={webhook}
      title={`Stop sharing with ${member.name}?`}
      path={`${member.id}/remove`}
      confirmLabel="Stop sharing"
    >
      <p>Pages and downloads that are open end within a few seconds. Replays that were started go on.</p>
    </Ask>
  );
}

export function LeavePage({ viewer, webhook }: Asked): JSX.Element {
  return (
    <Ask
      viewer={viewer}
      webhook={webhook}
      title={`Leave ${webhook.name}?`}
      path="leave"
      confirmLabel="Leave webhook"
    >
      <p>You can no longer see it, until an owner shares it with you again.</p>
    </Ask>
  );
}

export function TransferPage({ viewer, webhook, username }: Asked & Readonly<{ username: string }>) {
  return (
    <Ask
      viewer={viewer}
      webhook={webhook}
      title={`Give ${webhook.name} to ${username}?`}
      path="transfer"
      fields={{ username }}
      confirmLabel="Transfer webhook"
    >
      <p>The owner until now stays an editor. Only the new owner can give it back.</p>
    </Ask>
  );
}

function Ask(
  props: PropsWithChildren<
    Asked & {
      title: string;
      /** Below the sharing page. */
      path: string;
      fields?: Readonly<Record<string, string>>;
      confirmLabel: string;
    }
  >,
): JSX.Element {
  const { viewer, webhook, title, path, fields = {}, confirmLabel, children } = props;
  const back = sharingPath(webhook.id);
  return (
    <ConfirmPage
      title={title}
      viewer={viewer}
      section="sources"
      crumbs={[...crumbsWithin(webhook), { href: back, label: "Sharing" }]}
      action={`${back}/${path}`}
      fields={fields}
      confirmLabel={confirmLabel}
      cancelHref={back}
    >
      {children}
    </ConfirmPage>
  );
}
