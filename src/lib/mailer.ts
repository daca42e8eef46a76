/** Sends e-mail through the operator's mail server. */

/** Sends plain text. Rejects with the mail server's message, or the reason why it could not be reached. */
export type SendMail = (mail: Readonly<{ to: string; subject: string; text: string }>) => Promise<void>;

/** Limit each for connecting, for the server's greeting and for its silence. */
const TIMEOUT_MS = 15_000;

/** Opens a connection per e-mail: there are few, and none stays open. */
export function createMailer({ smtpUrl, from }: { smtpUrl: string; from: string }): SendMail {
  return async ({ to, subject, text }) => {
    // Loaded for the first e-mail, because most processes send none.
    const { createTransport } = await import("nodemailer");
    const transport = createTransport({
      url: smtpUrl,
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      // No e-mail refers to a file or URL that should be read.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    // As an object, because a string could name several addresses.
    await transport.sendMail({
      from,
      to: { name: "", address: to },
      subject,
      text,
      // Automatic responders leave such e-mails alone (RFC 3834).
      headers: { "Auto-Submitted": "auto-generated" },
    });
  };
}
