/** E-mail addresses of users. An address is used for nothing before a link that was sent to it is opened. */
import { z } from "zod";
import type { Clock } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";
import type { PostMail } from "../../lib/mail-outbox.ts";
import type { SendMail } from "../../lib/mailer.ts";
import type { Logger } from "../../observability/log.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import { confirmEmailMail, emailChangedMail } from "./mail-texts.ts";
import { createOneTimeLinks } from "./one-time-links.ts";

const address = z.email().max(254);

export type UserEmails = ReturnType<typeof createUserEmails>;

type Claim = Readonly<{ username: string; email: string }>;

export function createUserEmails(deps: {
  mainDb: MainDb;
  clock: Clock;
  log: Pick<Logger, "warn">;
  baseUrl: string;
  /** Both null if the server cannot send e-mail. */
  sendMail: SendMail | null;
  post: PostMail | null;
}) {
  const { mainDb, clock, log, baseUrl, sendMail, post } = deps;
  const { userEmails, oneTimeLinks } = mainDb;
  const links = createOneTimeLinks(deps);

  function findClaim(token: string): (Claim & { userId: string }) | null {
    const found = links.find("email", token);
    if (found === null || found.link.email === null) return null;
    return { userId: found.user.id, username: found.user.username, email: found.link.email };
  }

  /** Links to a new password went to the address until now. */
  function forget(userId: string): void {
    oneTimeLinks.removeAll({ userId, purpose: "email" });
    oneTimeLinks.removeAll({ userId, purpose: "password" });
  }

  return {
    isPossible: sendMail !== null,
    find: userEmails.find,
    list: userEmails.list,

    /** Sends a link to a new address; returns false if the mail server did not take it. Rejects with AppError `invalid`. */
    async ask({ id, username }: { id: string; username: string }, typed: string): Promise<boolean> {
      const email = address.safeParse(typed.trim());
      if (!email.success) throw notAnAddress();
      if (sendMail === null) return false;
      const link = links.create({ purpose: "email", userId: id, email: email.data });
      try {
        await mainDb.synced();
        await sendMail({ to: email.data, ...confirmEmailMail({ username, link, baseUrl }) });
        return true;
      } catch (cause) {
        log.warn("a link to confirm an e-mail address could not be sent", { cause });
        return false;
      }
    },

    /** Returns what a link confirms; null for one that cannot be used. Uses nothing up. */
    findClaim: (token: string): Claim | null => findClaim(token),

    /** Returns null for a link that cannot be used. */
    confirm(token: string): Claim | null {
      const claim = findClaim(token);
      if (claim === null) return null;
      const { userId, username, email } = claim;
      const before = userEmails.find(userId);
      mainDb.together(() => {
        forget(userId);
        userEmails.put({ userId, email, at: clock.now() });
      });
      if (before !== null && before.toLowerCase() !== email.toLowerCase()) {
        post?.({ to: before, ...emailChangedMail({ username, baseUrl }) });
      }
      return claim;
    },

    remove({ id, username }: { id: string; username: string }): void {
      const before = userEmails.find(id);
      mainDb.together(() => {
        forget(id);
        userEmails.remove(id);
      });
      if (before !== null) post?.({ to: before, ...emailChangedMail({ username, baseUrl }) });
    },
  };
}

function notAnAddress(): AppError {
  return new AppError({
    kind: "invalid",
    message: "This is not an e-mail address.",
    details: [{ path: "email", message: "must be an e-mail address" }],
  });
}
