/** Sends e-mails that nobody waits for: a few at a time, and no more than some waiting. */
import type { SendMail } from "./mailer.ts";

type Mail = Parameters<SendMail>[0];

/** Returns at once. An e-mail that is not sent is reported, and not sent again. */
export type PostMail = (mail: Mail) => void;

/** Connections to the mail server at the same time. */
const MAX_RUNNING = 2;
const MAX_WAITING = 50;

export function createMailOutbox(deps: {
  sendMail: SendMail;
  onFault: (reason: string, cause: unknown) => void;
}): PostMail {
  const waiting: Mail[] = [];
  let running = 0;

  async function run(first: Mail): Promise<void> {
    running++;
    for (let mail: Mail | undefined = first; mail !== undefined; mail = waiting.shift()) {
      try {
        await deps.sendMail(mail);
      } catch (error) {
        deps.onFault("an e-mail could not be sent", error);
      }
    }
    running--;
  }

  return (mail) => {
    if (running < MAX_RUNNING) void run(mail);
    else if (waiting.length < MAX_WAITING) waiting.push(mail);
    else deps.onFault("an e-mail was not sent, because too many are waiting", null);
  };
}
