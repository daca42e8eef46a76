/** Passkeys: users sign in by a device that keeps a private key and asks for a fingerprint, a face or a PIN. */
import type { Clock } from "../../lib/clock.ts";
import type { Sealer } from "../../settings/sealed-config.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { PasskeyRow } from "../../storage/main-db/tables.ts";
import { sqliteCode } from "../../storage/sqlite/sqlite.ts";
import { createChallenges } from "./challenges.ts";
import { readAnswer, registrationAnswer, signInAnswer } from "./device-answers.ts";
import { loadWebAuthn } from "./webauthn.ts";

export type Passkey = Readonly<{ id: string; name: string; createdAt: number; lastUsedAt: number | null }>;

/** Input of a page that asks a device: options for the browser, and the challenge to send back. */
export type DeviceQuestion = Readonly<{ options: Readonly<Record<string, unknown>>; sealed: string }>;

type Answer = Readonly<{ sealed: string; answer: string }>;

export type Passkeys = ReturnType<typeof createPasskeys>;

const MAX_NAME_LENGTH = 100;
/** Devices and browsers sync one passkey; nobody needs more. */
const MAX_PER_USER = 20;
const SIGN_IN = "sign-in";
/** COSE numbers of ES256, EdDSA and RS256, which all devices have one of. */
const ALGORITHMS = [-7, -8, -257];
const IP_ADDRESS = /^(?:[\d.]+|\[.*\])$/;

export function createPasskeys(deps: {
  mainDb: Pick<MainDb, "passkeys" | "users">;
  keys: Sealer;
  clock: Pick<Clock, "now">;
  baseUrl: string;
}) {
  const { mainDb, clock } = deps;
  const challenges = createChallenges(deps);
  const { hostname: rpId, origin, protocol } = new URL(deps.baseUrl);
  // Browsers have passkeys for names only, and on secure pages only.
  const isPossible = !IP_ADDRESS.test(rpId) && (protocol === "https:" || rpId === "localhost");
  const registrationOf = (userId: string) => `register:${userId}`;

  return {
    isPossible,

    list: (userId: string): Passkey[] => mainDb.passkeys.list(userId).map(toPasskey),

    askToRegister({ id, username }: Readonly<{ id: string; username: string }>): DeviceQuestion {
      const { challenge, sealed } = challenges.create(registrationOf(id));
      const options = {
        challenge,
        rp: { id: rpId, name: "webhooker" },
        user: { id: Buffer.from(id).toString("base64url"), name: username, displayName: username },
        pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key", alg })),
        excludeCredentials: mainDb.passkeys.list(id).map((row) => ({ type: "public-key", id: row.id })),
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
        attestation: "none",
      };
      return { options, sealed };
    },

    /** Returns what is wrong, for the user; null if the passkey is stored. */
    async register(of: Answer & Readonly<{ userId: string; name: string }>): Promise<string | null> {
      const { userId, sealed } = of;
      const name = of.name.trim();
      if (name === "" || name.length > MAX_NAME_LENGTH) return `Enter 1 to ${MAX_NAME_LENGTH} characters.`;
      if (mainDb.passkeys.list(userId).length >= MAX_PER_USER) return "You have too many passkeys.";
      const expectedChallenge = challenges.open(sealed, registrationOf(userId));
      const response = readAnswer(registrationAnswer, of.answer);
      if (expectedChallenge === null || response === null) return NOT_CREATED;
      // Loaded when needed: a start does not need it.
      const { verifyRegistrationResponse } = await loadWebAuthn();
      const expected = { expectedChallenge, expectedOrigin: origin, expectedRPID: rpId };
      const { registrationInfo } = await verifyRegistrationResponse({
        response,
        ...expected,
        supportedAlgorithmIDs: ALGORITHMS,
      }).catch(() => NOT_VERIFIED);
      if (!registrationInfo) return NOT_CREATED;
      challenges.take(expectedChallenge);
      const { id, publicKey, counter } = registrationInfo.credential;
      try {
        mainDb.passkeys.insert({
          id,
          userId,
          name,
          publicKey: Buffer.from(publicKey).toString("base64url"),
          counter,
          createdAt: clock.now(),
          lastUsedAt: null,
        });
      } catch (error) {
        if (sqliteCode(error)?.startsWith("SQLITE_CONSTRAINT")) return "This passkey is registered already.";
        throw error;
      }
      return null;
    },

    askToSignIn(): DeviceQuestion {
      const { challenge, sealed } = challenges.create(SIGN_IN);
      return { options: { challenge, rpId, userVerification: "required" }, sealed };
    },

    /** Returns whose passkey an answer claims to be of; null if it is nobody's. */
    findOwner(answer: string): { id: string; username: string } | null {
      const claimed = readAnswer(signInAnswer, answer);
      const row = claimed && mainDb.passkeys.find(claimed.id);
      const user = row && mainDb.users.find(row.userId);
      return user?.disabledAt === null ? { id: user.id, username: user.username } : null;
    },

    /** Returns the user whose device has answered; null for anything else. Each challenge is taken once. */
    async verify({ sealed, answer }: Answer): Promise<string | null> {
      const expectedChallenge = challenges.open(sealed, SIGN_IN);
      const response = readAnswer(signInAnswer, answer);
      const row = response && mainDb.passkeys.find(response.id);
      if (expectedChallenge === null || !response || !row) return null;
      const { verifyAuthenticationResponse } = await loadWebAuthn();
      const expected = { expectedChallenge, expectedOrigin: origin, expectedRPID: rpId };
      const credential = {
        id: row.id,
        publicKey: new Uint8Array(Buffer.from(row.publicKey, "base64url")),
        counter: row.counter,
      };
      const done = await verifyAuthenticationResponse({ response, ...expected, credential }).catch(
        () => null,
      );
      // Another request may have taken it while this one was verified.
      if (done?.verified !== true || challenges.open(sealed, SIGN_IN) === null) return null;
      challenges.take(expectedChallenge);
      mainDb.passkeys.noteUse({ id: row.id, counter: done.authenticationInfo.newCounter, at: clock.now() });
      return row.userId;
    },

    /** Returns false if the user has no such passkey. */
    remove: (of: { id: string; userId: string }): boolean => mainDb.passkeys.remove(of),
  };
}

const NOT_CREATED = "The passkey was not created. Try again.";
const NOT_VERIFIED = { registrationInfo: undefined };

function toPasskey({ id, name, createdAt, lastUsedAt }: PasskeyRow): Passkey {
  return { id, name, createdAt, lastUsedAt };
}
