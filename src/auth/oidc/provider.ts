/** Speaks OpenID Connect with the provider. Its addresses are discovered when they are needed, not at the start. */
import type { ServerMetadata } from "openid-client";
import type { OidcConfig } from "../../config-oidc.ts";
import { type Clock, DAY_MS } from "../../lib/clock.ts";
import { errorMessage } from "../../lib/errors.ts";
import type { Outbound } from "../../outbound/outbound.ts";
import { type Claims, readClaims } from "./claims.ts";
import { loadOpenIdClient } from "./openid-client.ts";
import type { Pending } from "./pending-sign-ins.ts";
import { createProviderFetch, ProviderUnreachable } from "./provider-fetch.ts";

export type ProviderFault = Readonly<{
  kind: "fault";
  /** "denied": the provider itself let nobody in. "refused": its answer fails a check. */
  what: "unreachable" | "denied" | "refused";
  /** For the log only: it names addresses. */
  message: string;
}>;

export type Provider = ReturnType<typeof createProvider>;

/** How long the provider's addresses and algorithms are kept. */
const DISCOVERY_MS = 60_000;
/** Clocks of two machines may differ by a minute, and more was seen by a second or two. */
export const CLOCK_TOLERANCE_SECONDS = 90;

export function createProvider(deps: {
  oidc: OidcConfig;
  outbound: Pick<Outbound, "request">;
  clock: Pick<Clock, "now" | "monotonic">;
  /** Where the provider sends browsers back to. */
  redirectUri: string;
  stopping: AbortSignal;
}) {
  const { oidc, clock, redirectUri } = deps;
  const issuer = new URL(oidc.issuer);
  const isLocal = issuer.protocol === "http:";
  const fetch = createProviderFetch(deps);
  let known: Readonly<{ at: number; metadata: Promise<ServerMetadata> }> | null = null;

  /** One request at a time, whoever waits for it; a failure is not kept. */
  function discover(): Promise<ServerMetadata> {
    if (known !== null && clock.monotonic() - known.at < DISCOVERY_MS) return known.metadata;
    const asked = { at: clock.monotonic(), metadata: request() };
    known = asked;
    asked.metadata.catch(() => {
      if (known === asked) known = null;
    });
    return asked.metadata;
  }

  async function request(): Promise<ServerMetadata> {
    const client = await loadOpenIdClient();
    const found = await client.discovery(issuer, oidc.clientId, undefined, client.None(), {
      [client.customFetch]: fetch,
      ...(isLocal && { execute: [client.allowInsecureRequests] }),
    });
    return found.serverMetadata();
  }

  /** A new one for each use, so that the provider's keys are read each time: it may have replaced them. */
  async function configure() {
    const client = await loadOpenIdClient();
    const metadata = await discover();
    const isPostOnly =
      metadata.token_endpoint_auth_methods_supported?.includes("client_secret_basic") === false;
    const authentication = (isPostOnly ? client.ClientSecretPost : client.ClientSecretBasic)(
      oidc.clientSecret,
    );
    const times = {
      [client.clockSkew]: Math.round((clock.now() - Date.now()) / 1_000),
      [client.clockTolerance]: CLOCK_TOLERANCE_SECONDS,
    };
    const config = new client.Configuration(metadata, oidc.clientId, times, authentication);
    config[client.customFetch] = fetch;
    // Without them, a token signed by anyone would be taken from the token endpoint.
    client.enableNonRepudiationChecks(config);
    if (isLocal) client.allowInsecureRequests(config);
    return { client, config };
  }

  return {
    issuer: issuer.href,

    /** Returns the provider's address to send a browser to. */
    async authorizationUrl(pending: Pending): Promise<string | ProviderFault> {
      try {
        const { client, config } = await configure();
        const isFresh = pending.purpose.kind !== "sign-in";
        const url = client.buildAuthorizationUrl(config, {
          redirect_uri: redirectUri,
          scope: oidc.scopes,
          state: pending.state,
          nonce: pending.nonce,
          code_challenge: await client.calculatePKCECodeChallenge(pending.verifier),
          code_challenge_method: "S256",
          // Providers say when a user authenticated if an age is asked for, however high.
          ...(isFresh ? { prompt: "login", max_age: "0" } : { max_age: String(MAX_AGE_SECONDS) }),
        });
        return url.href;
      } catch (error) {
        return faultOf(error);
      }
    },

    /** Exchanges the code that a browser has brought back for what the provider says of the account. */
    async exchange(query: URLSearchParams, pending: Pending): Promise<Claims | ProviderFault> {
      try {
        const { client, config } = await configure();
        const answer = new URL(redirectUri);
        answer.search = query.toString();
        const tokens = await client.authorizationCodeGrant(config, answer, {
          expectedState: pending.state,
          expectedNonce: pending.nonce,
          pkceCodeVerifier: pending.verifier,
          idTokenExpected: true,
        });
        const said = tokens.claims();
        // A multi-tenant provider vouches for accounts of tenants that nobody here has chosen.
        if (said === undefined || new URL(said.iss).href !== issuer.href) return refused("another issuer");
        const more =
          config.serverMetadata().userinfo_endpoint === undefined
            ? {}
            : await client.fetchUserInfo(config, tokens.access_token, said.sub);
        // Signed claims take precedence.
        return readClaims({ ...more, ...said }, oidc.groups.claim) ?? refused("the subject is unusable");
      } catch (error) {
        return faultOf(error);
      }
    },
  };
}

/** Longer than any session. */
const MAX_AGE_SECONDS = (365 * DAY_MS) / 1_000;

function refused(message: string): ProviderFault {
  return { kind: "fault", what: "refused", message };
}

/** Messages only: causes contain tokens. */
function faultOf(error: unknown): ProviderFault {
  const chain = [error];
  for (let cause = causeOf(error); cause instanceof Error && chain.length < 5; cause = causeOf(cause)) {
    chain.push(cause);
  }
  const unreachable = chain.find((each) => each instanceof ProviderUnreachable);
  if (unreachable !== undefined) return { kind: "fault", what: "unreachable", message: unreachable.message };
  const isDenied = error instanceof Error && error.name === "AuthorizationResponseError";
  const code = error instanceof Error && "error" in error ? ` (${String(error.error).slice(0, 100)})` : "";
  return { kind: "fault", what: isDenied ? "denied" : "refused", message: `${errorMessage(error)}${code}` };
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
