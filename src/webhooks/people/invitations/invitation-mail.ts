/** The e-mail of an invitation, in plain text. */

/** Names that an e-mail repeats: nothing that a mail program could take for a link, or that breaks a line. */
const HARMLESS = /^[\p{L}\p{N}][\p{L}\p{N} _()'’-]{0,59}$/u;

export function invitationMail(of: {
  invitedBy: string;
  webhook: Readonly<{ name: string; role: string }> | null;
  link: string;
  baseUrl: string;
}): { subject: string; text: string } {
  const { invitedBy, webhook, link, baseUrl } = of;
  const named =
    webhook !== null && HARMLESS.test(webhook.name) ? `the webhook “${webhook.name}”` : "a webhook";
  const to = webhook === null ? "" : ` to ${named}, as ${webhook.role}`;
  return {
    subject: "[webhooker] You are invited",
    text: [
      `The user ${invitedBy} invites you${to} on ${baseUrl}, a gateway for webhooks.`,
      `Open this link to create your account, or to accept with the one you have. It works once, for three days:\n\n${link}`,
      "If you do not know what this is about, ignore this e-mail.",
    ].join("\n\n"),
  };
}
