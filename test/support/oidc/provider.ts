/** A real provider of OpenID Connect on loopback (oidc-provider), whose answers tests can forge. */
import { generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";
import { z } from "zod";
import { type Forged, forgeToken } from "./forged-token.ts";
import { createAdapters, type ProviderRows } from "./provider-rows.ts";

export const CLIENT_ID = "webhooker";
export const CLIENT_SECRET = "a-secret-of-the-client";

export type Account = Readonly<Record<string, unknown>>;

type SigningKey = Readonly<{ kid: string; privateKey: KeyObject; alg: "RS256" | "ES256" }>;

type ProviderSession = Readonly<{ accountId: string; grantIdFor: (clientId: string) => string | undefined }>;

const tokenBody = z.looseObject({ id_token: z.string() });

export type TestProvider = Awaited<ReturnType<typeof startProvider>>;

export function newSigningKey(alg: "RS256" | "ES256" = "RS256"): SigningKey {
  const { privateKey } =
    alg === "RS256"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { kid: randomBytes(6).toString("hex"), privateKey, alg };
}

/** `redirectUri` is where it sends browsers back to. Each sign-in is of `account`, without a question. */
export async function startProvider({ redirectUri }: { redirectUri: string }) {
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${new URL(request.url ?? "/", issuer).pathname}`);
    if (state.held !== null) return void state.held.push(() => provider.callback()(request, response));
    if (state.isDown) return void response.writeHead(503).end("down");
    provider.callback()(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the provider did not start");
  const issuer = `http://127.0.0.1:${address.port}`;
  const asked: string[] = [];
  const rows: ProviderRows = new Map();
  const accounts = new Map<string, Account>();
  const state: {
    account: string;
    isDown: boolean;
    /** Requests that wait for their answers. */
    held: (() => void)[] | null;
    key: SigningKey;
    forge: ((token: Forged) => Forged) | null;
    /** Key that signs the token instead; see forgeToken. */
    forgedKey: KeyObject | string | null;
  } = {
    account: "",
    isDown: false,
    held: null,
    key: newSigningKey(),
    forge: null,
    forgedKey: null,
  };

  function create(): Provider {
    const { kid, privateKey, alg } = state.key;
    const made = new Provider(issuer, {
      jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid, alg, use: "sig" }] },
      adapter: createAdapters(rows),
      cookies: { keys: ["only for tests"] },
      clients: [
        {
          client_id: CLIENT_ID,
          client_secret: CLIENT_SECRET,
          redirect_uris: [redirectUri],
          grant_types: ["authorization_code"],
          response_types: ["code"],
          id_token_signed_response_alg: alg,
        },
      ],
      claims: {
        openid: ["sub"],
        email: ["email", "email_verified"],
        profile: ["preferred_username", "groups"],
      },
      scopes: ["openid", "email", "profile"],
      pkce: { required: () => true },
      features: { devInteractions: { enabled: false } },
      interactions: { url: () => "/interaction" },
      ttl: {
        AccessToken: 300,
        AuthorizationCode: 60,
        IdToken: 60,
        Grant: 300,
        Session: 3_600,
        Interaction: 300,
      },
      findAccount: (_context: unknown, id: string) => ({
        accountId: id,
        claims: () => ({ sub: id, ...accounts.get(id) }),
      }),
      async loadExistingGrant({ oidc: { session } }: { oidc: { session: ProviderSession } }) {
        const before = session.grantIdFor(CLIENT_ID);
        if (before !== undefined) return made.Grant.find(before);
        const grant = new made.Grant({ accountId: session.accountId, clientId: CLIENT_ID });
        grant.addOIDCScope("openid email profile");
        await grant.save();
        return grant;
      },
    });
    made.use(async (context, next) => {
      if (context.path === "/interaction") {
        await made.interactionFinished(context.req, context.res, { login: { accountId: state.account } });
        return;
      }
      await next();
      if (context.path !== "/token" || state.forge === null || context.status !== 200) return;
      const body = tokenBody.parse(context.body);
      const forged = forgeToken(body.id_token, state.forge, state.forgedKey ?? state.key.privateKey);
      context.body = { ...body, id_token: forged };
    });
    return made;
  }

  let provider = create();

  return {
    issuer,
    /** Requests so far, such as "POST /token". */
    asked,
    /** Signs in the next browser as this account, which has these claims. */
    signInAs(account: string, claims: Account = {}): void {
      state.account = account;
      accounts.set(account, claims);
    },
    /** Changes the ID tokens that are given out. */
    forge(change: (token: Forged) => Forged, key: KeyObject | string | null = null): void {
      state.forge = change;
      state.forgedKey = key;
    },
    rotateKeys(alg: "RS256" | "ES256" = "RS256"): void {
      state.key = newSigningKey(alg);
      provider = create();
    },
    setDown(isDown: boolean): void {
      state.isDown = isDown;
    },
    /** Leaves requests unanswered until the returned function is called. */
    hold(): () => void {
      state.held = [];
      return () => {
        const { held } = state;
        state.held = null;
        for (const answer of held ?? []) answer();
      };
    },
    async stop(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
