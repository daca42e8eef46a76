/** E-mails with one-time links, in plain text. None contains what a stranger typed. */

type MailText = Readonly<{ subject: string; text: string }>;
type Of = Readonly<{ username: string; baseUrl: string }>;

export function passwordLinkMail({ username, link, baseUrl }: Of & Readonly<{ link: string }>): MailText {
  return {
    subject: "[webhooker] Set a new password",
    text: [
      `Somebody asked to set a new password for the user ${username} on ${baseUrl}.`,
      `Open this link to choose one. It works once, for an hour:\n\n${link}`,
      "If it was not you, ignore this e-mail: your password stays as it is.",
    ].join("\n\n"),
  };
}

export function passwordSetMail({ username, baseUrl }: Of): MailText {
  return {
    subject: "[webhooker] Your password was changed",
    text: [
      `The password of the user ${username} on ${baseUrl} was changed by a one-time link, and every browser was signed out.`,
      "If it was not you, tell an administrator of the server.",
    ].join("\n\n"),
  };
}

export function confirmEmailMail({ username, link, baseUrl }: Of & Readonly<{ link: string }>): MailText {
  return {
    subject: "[webhooker] Confirm your e-mail address",
    text: [
      `The user ${username} on ${baseUrl} wants to use this e-mail address.`,
      `Open this link to confirm it. It works once, for a day:\n\n${link}`,
      "If you do not know this user, ignore this e-mail.",
    ].join("\n\n"),
  };
}

export function emailChangedMail({ username, baseUrl }: Of): MailText {
  return {
    subject: "[webhooker] Your e-mail address was changed",
    text: [
      `The user ${username} on ${baseUrl} no longer uses this e-mail address.`,
      "If it was not you, tell an administrator of the server.",
    ].join("\n\n"),
  };
}
