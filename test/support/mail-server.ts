/** A real mail server on 127.0.0.1 that keeps every e-mail it gets. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";

export type ReceivedMail = Readonly<{ from: string; to: readonly string[]; text: string }>;

export type MailServer = Readonly<{
  /** "smtp://…". */
  url: string;
  mails: readonly ReceivedMail[];
  /** Refuses every e-mail from now on with this message. */
  refuseWith: (message: string | null) => void;
  /** Resolves once this many e-mails have arrived in total. */
  waitFor: (count: number) => Promise<readonly ReceivedMail[]>;
  close: () => Promise<void>;
}>;

export async function startMailServer(
  options: { user?: string; password?: string } = {},
): Promise<MailServer> {
  const { user, password } = options;
  const mails: ReceivedMail[] = [];
  const waiting = new Set<() => void>();
  let refusal: string | null = null;
  const server = new SMTPServer({
    authOptional: user === undefined,
    allowInsecureAuth: true,
    disabledCommands: ["STARTTLS"],
    onAuth: (given, _session, done) =>
      given.username === user && given.password === password
        ? done(null, { user: given.username })
        : done(new Error("wrong user name or password")),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        if (refusal !== null) return done(new Error(refusal));
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? "" : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          text: Buffer.concat(chunks).toString(),
        });
        for (const wake of waiting) wake();
        return done();
      });
    },
  });
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const { port } = addressOf(server.server.address());
  const credentials = user === undefined ? "" : `${user}:${password}@`;
  return {
    url: `smtp://${credentials}127.0.0.1:${port}`,
    mails,
    refuseWith(message) {
      refusal = message;
    },
    async waitFor(count) {
      while (mails.length < count) {
        await new Promise<void>((resolve) => waiting.add(resolve));
      }
      return mails;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === "string") throw new Error("it listens on no port");
  return address;
}

/** The first link in an e-mail, as a reader's program shows it: its path and query. */
export function linkIn(mail: ReceivedMail | undefined): string {
  const text = (mail?.text ?? "")
    .replaceAll(/=\r\n/g, "")
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  const url = /https?:\/\/[^\s/]+(\/\S+\?token=[\w-]+)/.exec(text);
  return url?.[1] ?? "";
}
