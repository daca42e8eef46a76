/** Sessions of signed-in browsers; what the browser holds is stored only as its hash. */
import type { Clock } from "../lib/clock.ts";
import { hashToken, randomToken } from "../lib/crypto.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { SessionRow } from "../storage/main-db/tables.ts";
import type { Role } from "./users.ts";

export type Session = Readonly<{
  /** Safe to show: it signs nobody in. */
  id: string;
  userId: string;
  createdAt: number;
  lastSeenAt: number;
  expiresAt: number;
  userAgent: string;
  remoteAddress: string;
}>;

export type SignedIn = Readonly<{
  session: Session;
  user: Readonly<{ id: string; username: string; role: Role }>;
}>;

export type Sessions = ReturnType<typeof createSessions>;

/** Counted from the last use. */
const LIFETIME_MS = 14 * 24 * 60 * 60 * 1_000;
/** Each page would otherwise be a write to the main database. */
const TOUCH_STEP_MS = 60_000;
const TOKEN_BYTES = 32;
const MAX_USER_AGENT_LENGTH = 300;

export function createSessions({ mainDb, clock }: { mainDb: MainDb; clock: Clock }) {
  return {
    /** The token is for the browser alone. */
    create(of: { userId: string; userAgent: string; remoteAddress: string }): {
      session: Session;
      token: string;
    } {
      const token = randomToken(TOKEN_BYTES);
      const now = clock.now();
      const row = {
        idHash: hashToken(token),
        userId: of.userId,
        createdAt: now,
        lastSeenAt: now,
        expiresAt: now + LIFETIME_MS,
        userAgent: of.userAgent.slice(0, MAX_USER_AGENT_LENGTH),
        remoteAddress: of.remoteAddress,
      };
      mainDb.sessions.insert(row);
      return { session: toSession(row), token };
    },

    /** Null for one that is unknown, ended or run out, and where its user is deleted or disabled. */
    find(token: string): SignedIn | null {
      const row = mainDb.sessions.find(hashToken(token));
      if (!row || row.session.expiresAt <= clock.now()) return null;
      const { id, username, role } = row.user;
      return { session: toSession(row.session), user: { id, username, role } };
    },

    /** Puts its end off; call it whenever its user is seen. The new end, or null where the old one stands. */
    touch({ id, lastSeenAt }: Session): number | null {
      const now = clock.now();
      if (Math.abs(now - lastSeenAt) < TOUCH_STEP_MS) return null;
      const expiresAt = now + LIFETIME_MS;
      try {
        mainDb.sessions.touch({ idHash: id, lastSeenAt: now, expiresAt });
        return expiresAt;
      } catch {
        // On a full disk the user may be the one who has come to make room.
        return null;
      }
    },

    end({ userId, id }: { userId: string; id: string }): void {
      mainDb.sessions.delete({ idHash: id, userId });
    },

    /** All of the user's but this one. */
    endOthers({ userId, id }: { userId: string; id: string }): void {
      mainDb.sessions.deleteOthers({ userId, exceptIdHash: id });
    },

    /** Whether nobody is signed in anywhere, as after the first start. */
    areNone(): boolean {
      return mainDb.sessions.isEmpty();
    },

    /** Those that have not run out, last seen first. */
    list({ userId }: { userId: string }): Session[] {
      const now = clock.now();
      return mainDb.sessions
        .list(userId)
        .filter((row) => row.expiresAt > now)
        .map(toSession);
    },
  };
}

function toSession({ idHash, ...session }: SessionRow): Session {
  return { id: idHash, ...session };
}
