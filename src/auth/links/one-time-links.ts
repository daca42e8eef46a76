/** One-time links: their tokens, of which only hashes are stored, and how long they work. */
import { type Clock, DAY_MS, HOUR_MS } from "../../lib/clock.ts";
import { hashToken, randomToken } from "../../lib/crypto.ts";
import type { Actor } from "../../observability/acting.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { LinkPurpose, OneTimeLinkRow } from "../../storage/main-db/sign-in/one-time-links.ts";
import type { UserRow } from "../../storage/main-db/tables.ts";

const TOKEN_BYTES = 32;
const LIFETIME_MS: Readonly<Record<LinkPurpose, number>> = { password: HOUR_MS, email: DAY_MS };

/** The pages that links open. */
export const LINK_PATHS: Readonly<Record<LinkPurpose, string>> = {
  password: "/pages/reset-password",
  email: "/pages/confirm-email",
};

export type OneTimeLinks = ReturnType<typeof createOneTimeLinks>;

export function createOneTimeLinks(deps: {
  mainDb: Pick<MainDb, "oneTimeLinks" | "users" | "together">;
  clock: Pick<Clock, "now">;
  /** BASE_URL, without a trailing slash. */
  baseUrl: string;
}) {
  const { mainDb, clock, baseUrl } = deps;
  const { oneTimeLinks, users } = mainDb;

  return {
    /** Stores a link and returns its URL, which is for its user only. */
    create(of: { purpose: LinkPurpose; userId: string; email?: string; by?: Actor | undefined }): string {
      const { purpose, userId, email = null, by } = of;
      const token = randomToken(TOKEN_BYTES);
      const createdAt = clock.now();
      const expiresAt = createdAt + LIFETIME_MS[purpose];
      mainDb.together(() => {
        oneTimeLinks.deleteExpired(createdAt);
        oneTimeLinks.insert(
          { tokenHash: hashToken(token), purpose, userId, email, createdAt, expiresAt },
          by,
        );
      });
      return `${baseUrl}${LINK_PATHS[purpose]}?token=${token}`;
    },

    /** Null for a link that is unknown, used or too old, or whose user is disabled. */
    find(purpose: LinkPurpose, token: string): { link: OneTimeLinkRow; user: UserRow } | null {
      const link = oneTimeLinks.find(hashToken(token));
      if (link === null || link.purpose !== purpose || link.expiresAt <= clock.now()) return null;
      const user = users.find(link.userId);
      return user === null || user.disabledAt !== null ? null : { link, user };
    },
  };
}
