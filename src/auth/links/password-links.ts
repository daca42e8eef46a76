/** Links by which users who have lost their password set a new one. The second factor and passkeys stay. */
import type { Clock } from "../../lib/clock.ts";
import { AppError, notFound } from "../../lib/errors.ts";
import type { PostMail } from "../../lib/mail-outbox.ts";
import { currentAct } from "../../observability/acting.ts";
import type { Logger } from "../../observability/log.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { User, Users } from "../users.ts";
import { passwordLinkMail, passwordSetMail } from "./mail-texts.ts";
import { createOneTimeLinks } from "./one-time-links.ts";

/** Links that a user can have by e-mail at the same time, so that nobody can fill their mailbox. */
const MAX_OPEN = 3;
/** Longer than a response takes, which waits for what is stored meanwhile and would tell by its time. */
const AFTER_RESPONSE_MS = 1_000;
/** Users with the same e-mail address that get a link each. */
const MAX_USERS = 5;
/** Longer input is neither a username nor an address. */
const MAX_TYPED = 254;

export type PasswordLinks = ReturnType<typeof createPasswordLinks>;

export function createPasswordLinks(deps: {
  mainDb: MainDb;
  users: Pick<Users, "find" | "findByUsername" | "setPassword">;
  clock: Clock;
  log: Pick<Logger, "error">;
  baseUrl: string;
  /** Null if the server cannot send e-mail. */
  post: PostMail | null;
  /** False while only the provider of OpenID Connect signs in: then no link works. */
  isPasswordEnough: () => boolean;
}) {
  const { mainDb, users, log, baseUrl, post, isPasswordEnough, clock } = deps;
  const links = createOneTimeLinks(deps);

  const findUserId = (token: string) =>
    isPasswordEnough() ? links.find("password", token)?.user.id : undefined;

  function usersFor(typed: string): readonly string[] {
    const named = users.findByUsername(typed);
    const ids = new Set([...(named ? [named.id] : []), ...mainDb.userEmails.listUserIds(typed)]);
    return [...ids].slice(0, MAX_USERS);
  }

  async function send(userId: string, by: Parameters<typeof links.create>[0]["by"]): Promise<void> {
    const user = users.find(userId);
    const to = mainDb.userEmails.find(userId);
    if (post === null || to === null || !user?.hasPassword || user.disabledAt !== null) return;
    const open = mainDb.oneTimeLinks.count({ userId, purpose: "password", now: clock.now() });
    if (open >= MAX_OPEN) return;
    const link = links.create({ purpose: "password", userId, by });
    await mainDb.synced();
    post({ to, ...passwordLinkMail({ username: user.username, link, baseUrl }) });
  }

  return {
    /** Whether users can ask for a link themselves. */
    isPossible: () => post !== null && isPasswordEnough(),

    /**
     * Sends a link to whoever has this username or confirmed address. Returns at once and looks for them later, so that
     * neither the response nor its time tells whether there is anybody.
     */
    ask(typed: string): void {
      const by = currentAct()?.actor;
      if (typed === "" || typed.length > MAX_TYPED || !isPasswordEnough()) return;
      clock.after(AFTER_RESPONSE_MS, () => {
        Promise.resolve()
          .then(() => Promise.all(usersFor(typed).map((userId) => send(userId, by))))
          .catch((cause: unknown) => log.error("a link to a new password could not be made", { cause }));
      });
    },

    /** Returns a link for an administrator to hand on. Throws AppError `not_found` or `conflict`. */
    create(userId: string): string {
      const user = users.find(userId);
      if (user === null) throw notFound("user");
      if (!user.hasPassword) throw notFound("password");
      if (!isPasswordEnough()) throw passwordsOff();
      return links.create({ purpose: "password", userId });
    },

    /** Returns whose password a link sets; null for one that cannot be used. Uses nothing up. */
    find: (token: string): User | null => users.find(findUserId(token) ?? ""),

    /**
     * Sets the password, and ends all sessions and all such links of the user. Returns null for a link that cannot be
     * used. Rejects with AppError `invalid` for a password that does not do; the link can then be used again.
     */
    async use({ token, password }: { token: string; password: string }): Promise<User | null> {
      const userId = findUserId(token);
      if (userId === undefined) return null;
      const isStillGood = () => findUserId(token) !== undefined;
      if (!(await users.setPassword({ userId, password, isStillGood }))) return null;
      const user = users.find(userId);
      const to = mainDb.userEmails.find(userId);
      if (user && to !== null) post?.({ to, ...passwordSetMail({ username: user.username, baseUrl }) });
      return user;
    },
  };
}

function passwordsOff(): AppError {
  return new AppError({
    kind: "conflict",
    code: "passwords_off",
    message: "Nobody signs in by a password on this server.",
    hint: "PASSWORD_SIGN_IN is off.",
  });
}
