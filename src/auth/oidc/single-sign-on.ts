/** Sign-in by a provider of OpenID Connect: sends browsers there, and judges what they bring back. */
import type { OidcConfig } from "../../config-oidc.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../observability/log.ts";
import type { Outbound } from "../../outbound/outbound.ts";
import type { Sealer } from "../../settings/sealed-config.ts";
import { signInBusy } from "../hashing-queue.ts";
import type { User, Users } from "../users.ts";
import type { Claims } from "./claims.ts";
import type { Identities, Refusal } from "./identities.ts";
import { createPendingSignIns, type Pending, type Purpose } from "./pending-sign-ins.ts";
import { CLOCK_TOLERANCE_SECONDS, createProvider, type ProviderFault } from "./provider.ts";

/** Where a browser goes, and what it keeps meanwhile under its state. */
export type Departure = Readonly<{ kind: "departure"; url: string; state: string; sealed: string }>;

export type Return = Readonly<{ next: string }> &
  (
    | Readonly<{ kind: "signed-in" | "linked" | "verified"; user: User; authenticatedAt: number }>
    | Readonly<{ kind: "refused"; purpose: Purpose["kind"]; code: RefusalCode; user: User | null }>
  );

export type RefusalCode =
  | Refusal
  | "provider_unreachable"
  | "provider_denied"
  | "provider_answer_refused"
  | "sign_in_not_started"
  | "not_authenticated_again";

export type SingleSignOn = ReturnType<typeof createSingleSignOn>;

/** Sign-ins that wait for the provider: anyone can begin one. */
const MAX_UNDER_WAY = 20;

export const CALLBACK_PATH = "/pages/login/oidc/callback";

export function createSingleSignOn(deps: {
  oidc: OidcConfig;
  baseUrl: string;
  outbound: Pick<Outbound, "request">;
  identities: Identities;
  users: Pick<Users, "find">;
  keys: Sealer;
  clock: Pick<Clock, "now" | "monotonic">;
  log: Pick<Logger, "warn">;
  stopping: AbortSignal;
}) {
  const { oidc, identities, users, clock, log } = deps;
  const provider = createProvider({ ...deps, redirectUri: deps.baseUrl + CALLBACK_PATH });
  const { issuer } = provider;
  const pendings = createPendingSignIns(deps);
  let underWay = 0;

  /** Throws AppError `unavailable` while too many wait for the provider. */
  async function exchange(query: URLSearchParams, pending: Pending): Promise<Claims | ProviderFault> {
    if (underWay >= MAX_UNDER_WAY) throw signInBusy();
    underWay++;
    try {
      return await provider.exchange(query, pending);
    } finally {
      underWay--;
    }
  }

  function codeOf({ what, message }: ProviderFault): RefusalCode {
    log.warn("a sign-in by OpenID Connect failed", { issuer, what, cause: message });
    if (what === "refused") return "provider_answer_refused";
    return what === "denied" ? "provider_denied" : "provider_unreachable";
  }

  /** `user` is who is signed in in this session; null: nobody. */
  function judge(pending: Pending, claims: Claims, user: User | null): Return {
    const { next } = pending;
    const { kind } = pending.purpose;
    const refuse = (code: RefusalCode, about = user): Return => ({
      kind: "refused",
      purpose: kind,
      code,
      user: about,
      next,
    });
    const authenticatedAt = Math.min(clock.now(), claims.authenticatedAt ?? clock.now());
    if (kind === "sign-in") {
      const done = identities.signIn(issuer, claims);
      if ("refusal" in done) return refuse(done.refusal, done.user);
      return { kind: "signed-in", user: done.user, authenticatedAt, next };
    }
    if (user === null) return refuse("sign_in_not_started");
    // A provider that ignores the wish, or does not say when, proves nothing.
    const earliest = pending.at - CLOCK_TOLERANCE_SECONDS * 1_000;
    if ((claims.authenticatedAt ?? 0) < earliest) return refuse("not_authenticated_again");
    if (kind === "verify") {
      if (!identities.isOf(user, { issuer, claims })) return refuse("other_identity");
      return { kind: "verified", user, authenticatedAt, next };
    }
    const done = identities.link(user, { issuer, claims });
    if ("refusal" in done) return refuse(done.refusal);
    return { kind: "linked", user, authenticatedAt, next };
  }

  return {
    name: oidc.name,

    /** Sends a browser to the provider; `next` is where it goes afterwards. */
    async depart(of: { purpose: Purpose; next: string }): Promise<Departure | RefusalCode> {
      const { pending, sealed } = pendings.create(of);
      const url = await provider.authorizationUrl(pending);
      if (typeof url !== "string") return codeOf(url);
      return { kind: "departure", url, state: pending.state, sealed };
    },

    /** Judges what a browser has brought back. Each departure returns once. */
    async arrive(given: {
      query: URLSearchParams;
      /** The text that the browser has kept under the state that it brought; null: none. */
      sealed: string | null;
      /** The session that the browser is signed in to; null: none. */
      session: Readonly<{ id: string; userId: string }> | null;
    }): Promise<Return> {
      const { query, sealed, session } = given;
      const state = query.get("state");
      const pending = state === null || sealed === null ? null : pendings.take({ state, sealed });
      if (pending === null) {
        return { kind: "refused", purpose: "sign-in", code: "sign_in_not_started", user: null, next: "" };
      }
      const { purpose, next } = pending;
      const isOurs = purpose.kind === "sign-in" || purpose.sessionId === session?.id;
      const user = session && users.find(session.userId);
      const refused = { kind: "refused", purpose: purpose.kind, user, next } as const;
      if (!isOurs) return { ...refused, code: "sign_in_not_started" };
      const claims = await exchange(query, pending);
      if ("what" in claims) return { ...refused, code: codeOf(claims) };
      return judge(pending, claims, user);
    },
  };
}
