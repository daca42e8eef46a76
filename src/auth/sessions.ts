/** Sessions of signed-in browsers. Only the hash of a browser's token is stored. */
import { type Clock, DAY_MS, HOUR_MS } from "../lib/clock.ts";
import { hashToken, randomToken } from "../lib/crypto.ts";
import { createGatheredWrites } from "../lib/gathered-writes.ts";
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
  /** When its user last proved who they are. */
  verifiedAt: number;
  signedInBy: SignedInBy;
}>;

export type SignedInBy = SessionRow["signedInBy"];

export type SignedIn = Readonly<{
  session: Session;
  user: Readonly<{ id: string; username: string; role: Role }>;
}>;

export type Sessions = ReturnType<typeof createSessions>;

export type SessionLimits = Readonly<{
  /** Hours without use. */
  idleHours: number;
  /** Days since the sign-in, however much it is used. */
  maxDays: number;
}>;

/** Without this step, each page would set the cookie again. */
const RENEWAL_STEP_MS = 60_000;
const TOKEN_BYTES = 32;
const MAX_USER_AGENT_LENGTH = 300;

export function createSessions(deps: { mainDb: MainDb; clock: Clock; limits: SessionLimits }) {
  const { mainDb, clock, limits } = deps;
  const seen = createGatheredWrites<Pick<SessionRow, "lastSeenAt" | "expiresAt">>(clock, (noted) =>
    mainDb.sessions.touch(noted.map(([idHash, values]) => ({ idHash, ...values }))),
  );

  function expiryOf({ createdAt, lastSeenAt }: Pick<SessionRow, "createdAt" | "lastSeenAt">): number {
    return Math.min(lastSeenAt + limits.idleHours * HOUR_MS, createdAt + limits.maxDays * DAY_MS);
  }

  /** The limits may be shorter than when the session was stored. */
  function toSession({ idHash, ...stored }: SessionRow): Session {
    const session = { id: idHash, ...stored, ...seen.find(idHash) };
    return { ...session, expiresAt: Math.min(session.expiresAt, expiryOf(session)) };
  }

  return {
    /**
     * Creates a session. The token goes only to the browser. `verifiedAt`: when its user proved who they are, if that was
     * not just now.
     */
    create(of: {
      userId: string;
      userAgent: string;
      remoteAddress: string;
      signedInBy?: SignedInBy;
      verifiedAt?: number;
    }): { session: Session; token: string } {
      const token = randomToken(TOKEN_BYTES);
      const now = clock.now();
      const row = {
        idHash: hashToken(token),
        userId: of.userId,
        createdAt: now,
        lastSeenAt: now,
        expiresAt: expiryOf({ createdAt: now, lastSeenAt: now }),
        userAgent: of.userAgent.slice(0, MAX_USER_AGENT_LENGTH),
        remoteAddress: of.remoteAddress,
        verifiedAt: of.verifiedAt ?? now,
        signedInBy: of.signedInBy ?? "password",
      };
      mainDb.sessions.insert(row);
      return { session: toSession(row), token };
    },

    /** Returns null if the session is unknown, ended or expired, or its user is deleted or disabled. */
    find(token: string): SignedIn | null {
      const row = mainDb.sessions.find(hashToken(token));
      if (!row) return null;
      const session = toSession(row.session);
      if (session.expiresAt <= clock.now()) return null;
      const { id, username, role } = row.user;
      return { session, user: { id, username, role } };
    },

    /**
     * Extends a session; call it for each request of its user. Returns the new expiry for the browser, or null if it
     * has hardly changed. Written in groups.
     */
    touch({ id, createdAt, expiresAt: before }: Session): number | null {
      const lastSeenAt = clock.now();
      const expiresAt = expiryOf({ createdAt, lastSeenAt });
      const isRenewed = Math.abs(expiresAt - before) >= RENEWAL_STEP_MS;
      seen.note(id, { lastSeenAt, expiresAt: isRenewed ? expiresAt : before });
      return isRenewed ? expiresAt : null;
    },

    /** Notes when the session's user has proved who they are; by default just now. */
    noteVerified({ id, at = clock.now() }: { id: string; at?: number }): void {
      mainDb.sessions.setVerified({ idHash: id, at });
    },

    /** Writes when sessions were last seen. */
    seen: { flush: seen.flush, start: seen.start, stop: seen.stop },

    end({ userId, id }: { userId: string; id: string }): void {
      mainDb.sessions.delete({ idHash: id, userId });
    },

    /** Ends all other sessions of the user. */
    endOthers({ userId, id }: { userId: string; id: string }): void {
      mainDb.sessions.deleteOthers({ userId, exceptIdHash: id });
    },

    /** Ends all sessions of the user. */
    endAll({ userId }: { userId: string }): void {
      mainDb.sessions.deleteOthers({ userId, exceptIdHash: "" });
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
        .map(toSession)
        .filter(({ expiresAt }) => expiresAt > now)
        .sort((a, b) => b.lastSeenAt - a.lastSeenAt);
    },
  };
}
