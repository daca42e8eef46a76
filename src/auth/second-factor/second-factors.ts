/** Second factors: an authenticator app for each user who wants or needs one, and recovery codes for its loss. */
import type { Clock } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";
import type { Sealer } from "../../settings/sealed-config.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { Role } from "../users.ts";
import { hashRecoveryCode, newRecoveryCodes } from "./recovery-codes.ts";
import { findStep, newTotpSecret, totpUri } from "./totp.ts";

export type SecondFactors = ReturnType<typeof createSecondFactors>;

/** A new secret that is not in use before a code of it was entered. */
export type Setup = Readonly<{
  secret: string;
  /** The URI that the app reads from the QR code. */
  uri: string;
  /** The secret, sealed for this session, to be sent back with the code. */
  sealed: string;
}>;

/** Longer input is no code. */
const MAX_TYPED = 100;

export function createSecondFactors(deps: {
  mainDb: Pick<MainDb, "secondFactors">;
  keys: Sealer;
  clock: Pick<Clock, "now">;
  baseUrl: string;
  required: "none" | "admins" | "everyone";
  /** A second factor stands beside a password; who signs in otherwise needs none here. */
  signsInByPassword: (userId: string) => boolean;
}) {
  const { keys, clock, required } = deps;
  const { secondFactors } = deps.mainDb;
  const host = new URL(deps.baseUrl).host;

  const placeOf = (userId: string) => `second_factors:${userId}:secret`;
  const setupPlace = (sessionId: string) => `second_factor_setup:${sessionId}`;

  /** Null if it was sealed with a lost key, or for another place. */
  function open(sealed: string, boundTo: string): string | null {
    try {
      return keys.open(sealed, boundTo);
    } catch (error) {
      if (error instanceof AppError) return null;
      throw error;
    }
  }

  /** Apps show codes in groups. */
  const stepOf = (secret: string | null, code: string) =>
    secret === null ? null : findStep(secret, code.replaceAll(/\s/g, ""), clock.now());
  const hashes = (codes: readonly string[]) => codes.map(hashRecoveryCode);
  const isOn = (userId: string) => secondFactors.find(userId) !== null;

  function setupOf(given: { username: string; sessionId: string; secret: string }): Setup {
    const { username, sessionId, secret } = given;
    const uri = totpUri({ secret, username, host });
    return { secret, uri, sealed: keys.seal(secret, setupPlace(sessionId)) };
  }

  return {
    isOn,

    /** Whether the user must set one up before anything else. */
    isMissing({ id, role }: Readonly<{ id: string; role: Role }>): boolean {
      const isRequired = required === "everyone" || (required === "admins" && role === "admin");
      return isRequired && !isOn(id) && deps.signsInByPassword(id);
    },

    /** Null if the user has none. */
    find(userId: string): { since: number; codesLeft: number } | null {
      const row = secondFactors.find(userId);
      return row && { since: row.createdAt, codesLeft: secondFactors.countCodes(userId) };
    },

    listUserIds: secondFactors.listUserIds,

    /** Begins a setup; with the `sealed` secret of an earlier page, goes on with that. */
    begin(of: { username: string; sessionId: string; sealed?: string | undefined }): Setup {
      const { sealed, sessionId } = of;
      const earlier = sealed === undefined ? null : open(sealed, setupPlace(sessionId));
      return setupOf({ ...of, secret: earlier ?? newTotpSecret() });
    },

    /** Ends a setup: returns the recovery codes, only here; null for a wrong code, or another session's secret. */
    turnOn(of: {
      userId: string;
      sessionId: string;
      sealed: string;
      code: string;
    }): readonly string[] | null {
      const { userId, sessionId, sealed, code } = of;
      const secret = open(sealed, setupPlace(sessionId));
      const lastStep = stepOf(secret, code);
      if (secret === null || lastStep === null) return null;
      const codes = newRecoveryCodes();
      const row = {
        id: userId,
        secret: keys.seal(secret, placeOf(userId)),
        lastStep,
        createdAt: clock.now(),
      };
      secondFactors.put(row, hashes(codes));
      return codes;
    },

    /** Returns new recovery codes, only here; the old ones are void. */
    renewCodes(userId: string): readonly string[] {
      const codes = newRecoveryCodes();
      secondFactors.replaceCodes(userId, hashes(codes));
      return codes;
    },

    /** Takes a code of the app or a recovery code, each once. */
    verify({ userId, code }: { userId: string; code: string }): boolean {
      if (code.length > MAX_TYPED) return false;
      const row = secondFactors.find(userId);
      if (!row) return false;
      const step = stepOf(open(row.secret, placeOf(userId)), code);
      if (step !== null) return secondFactors.takeStep(userId, step);
      return secondFactors.takeCode(userId, hashRecoveryCode(code));
    },

    /** Returns false if the user has none. */
    turnOff: (userId: string): boolean => secondFactors.remove(userId),
  };
}
