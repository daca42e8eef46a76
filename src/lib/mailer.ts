/** Sends e-mail through the operator's mail server. */
/** Plain text. Rejects with what the mail server said, or why it could not be reached. */
export type SendMail = (mail: Readonly<{ to: string; subject: string; text: string }>) => Promise<void>;

/** Of connecting, of the server's greeting, and of its silence. */
const TIMEOUT_MS = 15_000;

/** A connection for each e-mail: there are few, and none is left open. */
export function createMailer({ smtpUrl, from }: { smtpUrl: string; from: string }): SendMail {
  return async ({ to, subject, text }) => {
    // Loaded by the first e-mail: most starts send none.
    const { createTransport } = await import("nodemailer");
    const transport = createTransport({
      url: smtpUrl,
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      // Nothing that is sent names a file or a URL to be read.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    // An address as an object: a text could name several.
    await transport.sendMail({
      from,
      to: { name: "", address: to },
      subject,
      text,
      // Programs that answer by themselves leave it alone (RFC 3834).
      headers: { "Auto-Submitted": "auto-generated" },
    });
  };
}
