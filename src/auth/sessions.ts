/** Sessions of signed-in browsers. Only the hash of a browser's token is stored. */
import type { Clock } from "../lib/clock.ts";
import { hashToken, randomToken } from "../lib/crypto.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { SessionRow } from "../storage/main-db/tables.ts";
import type { Role } from "./users.ts";

export type Session = Readonly<{
  /** Safe to show, because it cannot be used to sign in. */
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
/** Without this step, each page would write to the main database. */
const TOUCH_STEP_MS = 60_000;
const TOKEN_BYTES = 32;
const MAX_USER_AGENT_LENGTH = 300;

export function createSessions({ mainDb, clock }: { mainDb: MainDb; clock: Clock }) {
  return {
    /** Creates a session. The token goes only to the browser. */
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

    /** Returns null if the session is unknown, ended or expired, or its user is deleted or disabled. */
    find(token: string): SignedIn | null {
      const row = mainDb.sessions.find(hashToken(token));
      if (!row || row.session.expiresAt <= clock.now()) return null;
      const { id, username, role } = row.user;
      return { session: toSession(row.session), user: { id, username, role } };
    },

    /** Extends a session; call it for each request of its user. Returns the new expiry, or null if it is unchanged. */
    touch({ id, lastSeenAt }: Session): number | null {
      const now = clock.now();
      if (Math.abs(now - lastSeenAt) < TOUCH_STEP_MS) return null;
      const expiresAt = now + LIFETIME_MS;
      try {
        mainDb.sessions.touch({ idHash: id, lastSeenAt: now, expiresAt });
        return expiresAt;
      } catch {
        // On a full disk, the user may be about to free space.
        return null;
      }
    },

    end({ userId, id }: { userId: string; id: string }): void {
      mainDb.sessions.delete({ idHash: id, userId });
    },

    /** Ends all other sessions of the user. */
    endOthers({ userId, id }: { userId: string; id: string }): void {
      mainDb.sessions.deleteOthers({ userId, exceptIdHash: id });
    },

    /** Returns whether no session exists, as after the first start. */
    areNone(): boolean {
      return mainDb.sessions.isEmpty();
    },

    /** Lists unexpired sessions, last seen first. */
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
