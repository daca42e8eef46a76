/** Builds what tells people and programs apart: users, sessions, API keys, the limit on sign-ins, audit entries. */
import { createApiKeys } from "../auth/api-keys.ts";
import { createAuditReading } from "../auth/audit-reading.ts";
import { createFirstSignIn } from "../auth/first-sign-in.ts";
import { createPasswordLinks } from "../auth/links/password-links.ts";
import { createUserEmails } from "../auth/links/user-emails.ts";
import { createIdentities } from "../auth/oidc/identities.ts";
import { createPasswordSignIn } from "../auth/oidc/password-sign-in.ts";
import { createSingleSignOn } from "../auth/oidc/single-sign-on.ts";
import { createPasskeys } from "../auth/passkeys/passkeys.ts";
import type { Passwords } from "../auth/passwords.ts";
import { createSecondFactors } from "../auth/second-factor/second-factors.ts";
import { createSessions } from "../auth/sessions.ts";
import { createSignInLimiter } from "../auth/sign-in-limiter.ts";
import { createUsers } from "../auth/users.ts";
import type { Config } from "../config.ts";
import type { AskedChange } from "../http/audit.ts";
import { callerOf } from "../http/cluster/node-caller.ts";
import { createRemoteAddressReader, type RemoteAddressReader } from "../ingest/remote-address.ts";
import type { Clock } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import { createMailOutbox } from "../lib/mail-outbox.ts";
import { createMailer } from "../lib/mailer.ts";
import type { Logger } from "../observability/log.ts";
import { createOutboundClient } from "../outbound/client.ts";
import type { Sealer } from "../settings/sealed-config.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import { createInvitations } from "../webhooks/people/invitations/invitations.ts";

/** Kept-alive connections to the provider of OpenID Connect. */
const MAX_IDLE = 4;

export type PeopleParts = ReturnType<typeof createPeopleParts>;

export function createPeopleParts(deps: {
  config: Pick<
    Config,
    | "baseUrl"
    | "trustedProxies"
    | "sessions"
    | "requireSecondFactor"
    | "oidc"
    | "passwordSignIn"
    | "mail"
    | "invitations"
  >;
  mainDb: MainDb;
  keys: Sealer;
  clock: Clock;
  log: Logger;
  /** Aborted when a stop begins. */
  stopping: AbortSignal;
  /** By default argon2id. */
  passwords?: Passwords | undefined;
}) {
  const { config, mainDb, keys, clock, log, passwords } = deps;
  const { oidc, baseUrl } = config;
  const sessions = createSessions({ mainDb, clock, limits: config.sessions });
  const users = createUsers({ mainDb, clock, ...(passwords && { passwords }) });
  const passwordSignIn = createPasswordSignIn({ isWanted: config.passwordSignIn, oidc, mainDb });
  const isPasswordEnough = passwordSignIn.isOn;
  const identities = createIdentities({ mainDb, users, clock, oidc, isPasswordEnough });
  // Its own client, as the provider may be in other networks than targets.
  const toProvider =
    oidc && createOutboundClient({ allowedCidrs: oidc.allowedCidrs, maxIdleConnections: MAX_IDLE });
  const signInLimiter = createSignInLimiter({ monotonic: clock.monotonic });
  const direct = createRemoteAddressReader(config.trustedProxies);
  // A node of the cluster that forwards a request has found out its client's address.
  const remoteAddressOf: RemoteAddressReader = (request, peer) =>
    callerOf(request)?.client ?? direct(request, peer);
  const sendMail = config.mail && createMailer(config.mail);
  const post =
    sendMail && createMailOutbox({ sendMail, onFault: (reason, cause) => log.warn(reason, { cause }) });
  return {
    users,
    sessions,
    passwordLinks: createPasswordLinks({ mainDb, users, clock, log, baseUrl, post, isPasswordEnough }),
    userEmails: createUserEmails({ mainDb, clock, log, baseUrl, sendMail, post }),
    invitations: createInvitations({
      mainDb,
      clock,
      log,
      newId,
      baseUrl,
      allowed: config.invitations,
      takesPasswords: isPasswordEnough,
      sendMail,
      waitToMail(userId) {
        const given = { username: userId, remoteAddress: "", device: "own", what: "mail" } as const;
        const turn = signInLimiter.begin(given);
        return turn.allowed ? 0 : turn.retryAfterMs;
      },
      createUser: users.create,
    }),
    passwordSignIn,
    identities,
    singleSignOn:
      oidc &&
      toProvider &&
      createSingleSignOn({ ...deps, oidc, baseUrl, outbound: toProvider, identities, users }),
    firstSignIn: createFirstSignIn({ clock, areNoSessions: sessions.areNone }),
    passkeys: createPasskeys({ mainDb, keys, clock, baseUrl: config.baseUrl }),
    secondFactors: createSecondFactors({
      mainDb,
      keys,
      clock,
      baseUrl: config.baseUrl,
      required: config.requireSecondFactor,
      signsInByPassword: (userId) => isPasswordEnough() && users.find(userId)?.hasPassword === true,
    }),
    apiKeys: createApiKeys({ mainDb, clock }),
    signInLimiter,
    auditing: {
      add: (change: AskedChange) => mainDb.durably(async () => mainDb.audit.add(change)),
      monotonic: clock.monotonic,
    },
    auditReading: createAuditReading({ mainDb }),
    remoteAddressOf,
    /** Closes connections to the provider of OpenID Connect. */
    close: () => toProvider?.close(),
  };
}
