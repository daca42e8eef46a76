/** Builds what tells people and programs apart: users, sessions, API keys, the limit on sign-ins, audit entries. */
import { createApiKeys } from "../auth/api-keys.ts";
import { createAuditReading } from "../auth/audit-reading.ts";
import { createFirstSignIn } from "../auth/first-sign-in.ts";
import { createPasskeys } from "../auth/passkeys/passkeys.ts";
import type { Passwords } from "../auth/passwords.ts";
import { createSecondFactors } from "../auth/second-factor/second-factors.ts";
import { createSessions } from "../auth/sessions.ts";
import { createSignInLimiter } from "../auth/sign-in-limiter.ts";
import { createUsers } from "../auth/users.ts";
import type { Config } from "../config.ts";
import type { AskedChange } from "../http/audit.ts";
import { createRemoteAddressReader } from "../ingest/remote-address.ts";
import type { Clock } from "../lib/clock.ts";
import type { Sealer } from "../settings/sealed-config.ts";
import type { MainDb } from "../storage/main-db/open.ts";

export function createPeopleParts(deps: {
  config: Pick<Config, "baseUrl" | "trustedProxies" | "sessions" | "requireSecondFactor">;
  mainDb: MainDb;
  keys: Sealer;
  clock: Clock;
  /** By default argon2id. */
  passwords?: Passwords | undefined;
}) {
  const { config, mainDb, keys, clock, passwords } = deps;
  const sessions = createSessions({ mainDb, clock, limits: config.sessions });
  return {
    users: createUsers({ mainDb, clock, ...(passwords && { passwords }) }),
    sessions,
    firstSignIn: createFirstSignIn({ clock, areNoSessions: sessions.areNone }),
    passkeys: createPasskeys({ mainDb, keys, clock, baseUrl: config.baseUrl }),
    secondFactors: createSecondFactors({
      mainDb,
      keys,
      clock,
      baseUrl: config.baseUrl,
      required: config.requireSecondFactor,
    }),
    apiKeys: createApiKeys({ mainDb, clock }),
    signInLimiter: createSignInLimiter({ monotonic: clock.monotonic }),
    auditing: {
      add: (change: AskedChange) => mainDb.durably(async () => mainDb.audit.add(change)),
      monotonic: clock.monotonic,
    },
    auditReading: createAuditReading({ mainDb }),
    remoteAddressOf: createRemoteAddressReader(config.trustedProxies),
  };
}
