/** Lists all verification providers. A new one needs its file and a line here. */
import { X509Certificate } from "node:crypto";
// Not a named import: importing `rootCertificates` parses all of them, which adds 50 ms to the start.
import tls from "node:tls";
import type { z } from "zod";
import { type Clock, systemClock } from "../lib/clock.ts";
import type { Outbound } from "../outbound/outbound.ts";
import { createTypeList, type TypeList } from "../settings/type-list.ts";
import { createAskingProvider } from "./asking/asking-provider.ts";
import { eventGridProvider } from "./asking/event-grid.ts";
import { asanaProvider, clioProvider } from "./asking/learned-secrets.ts";
import { linkedinProvider } from "./asking/linkedin.ts";
import { mondayProvider } from "./asking/monday.ts";
import { nylasProvider } from "./asking/nylas.ts";
import { ringcentralProvider } from "./asking/ringcentral.ts";
import { ASKING_ROWS } from "./asking/rows.ts";
import { stravaProvider } from "./asking/strava.ts";
import { websubProvider } from "./asking/websub.ts";
import { findNamedKey } from "./certificate-chain.ts";
import { hmacProvider } from "./hmac/hmac.ts";
import { createHmacProvider } from "./hmac/hmac-provider.ts";
import { HMAC_ROWS } from "./hmac/hmac-rows.ts";
import type { Provider } from "./provider.ts";
import { discordProvider } from "./providers/discord.ts";
import { gitlabProvider } from "./providers/gitlab.ts";
import { ipAllowListProvider } from "./providers/ip-allow-list.ts";
import { mailgunProvider } from "./providers/mailgun.ts";
import { metaProvider } from "./providers/meta.ts";
import { microsoftGraphProvider } from "./providers/microsoft-graph.ts";
import { createPayPalProvider } from "./providers/paypal.ts";
import { createPayPalCertificates } from "./providers/paypal-certificates.ts";
import { sendgridProvider } from "./providers/sendgrid.ts";
import { apiKeyProvider, basicProvider, bearerProvider, oktaProvider } from "./providers/shared-secrets.ts";
import { standardWebhooksProvider } from "./providers/standard-webhooks.ts";
import { twilioProvider } from "./providers/twilio.ts";
import { twitterProvider } from "./providers/twitter.ts";
import { ebayProvider } from "./public-keys/ebay.ts";
import { publicKeyProvider } from "./public-keys/generic.ts";
import { createSigningCertificates } from "./public-keys/signing-certificates.ts";
import { createSnsProvider } from "./public-keys/sns.ts";
import { isSnsCertificate } from "./public-keys/sns-urls.ts";
import { telnyxProvider } from "./public-keys/telnyx.ts";

const AMAZON = /^sns(?:\.[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?$/;

/** In order of preference: the first provider that recognizes a request is suggested. */
export type Providers = TypeList<Provider>;

export function createProviders(deps: {
  /** Fetches the certificates that PayPal's and Amazon's requests name, and confirms subscriptions. */
  outbound: Pick<Outbound, "request">;
  clock?: Clock;
  /** The authorities trusted to issue PayPal's certificates; default: the runtime's own. */
  roots?: readonly X509Certificate[];
}): Providers {
  const { outbound, clock = systemClock } = deps;
  let roots = deps.roots;
  const certificates = createPayPalCertificates({
    outbound,
    clock,
    roots() {
      roots ??= tls.rootCertificates.map((pem) => new X509Certificate(pem));
      return roots;
    },
  });
  const snsCertificates = createSigningCertificates({
    outbound,
    clock,
    isTheirs: isSnsCertificate,
    // The TLS connection authenticates it: SNS serves its certificate without the issuers' certificates.
    read: (pem) => findNamedKey(pem, (name) => AMAZON.test(name)),
  });
  const services: readonly Provider[] = [
    ...HMAC_ROWS.map((row) => checked(createHmacProvider(row))),
    ...ASKING_ROWS.map((row) => checked(createAskingProvider(row))),
    checked(asanaProvider),
    checked(clioProvider),
    checked(discordProvider),
    checked(ebayProvider),
    checked(eventGridProvider),
    checked(gitlabProvider),
    checked(linkedinProvider),
    checked(mailgunProvider),
    checked(metaProvider),
    checked(microsoftGraphProvider),
    checked(mondayProvider),
    checked(nylasProvider),
    checked(oktaProvider),
    checked(createPayPalProvider({ certificates })),
    checked(createSnsProvider({ certificates: snsCertificates, outbound })),
    checked(ringcentralProvider),
    checked(sendgridProvider),
    checked(standardWebhooksProvider),
    checked(stravaProvider),
    checked(telnyxProvider),
    checked(twilioProvider),
    checked(twitterProvider),
    checked(websubProvider),
  ];
  const generic = [
    checked(hmacProvider),
    checked(publicKeyProvider),
    checked(basicProvider),
    checked(bearerProvider),
    checked(apiKeyProvider),
    checked(ipAllowListProvider),
  ].map((each): Provider => ({ ...each, isGeneric: true }));
  const all: readonly Provider[] = [
    ...services.toSorted((one, other) => one.label.localeCompare(other.label, "en")),
    ...generic,
  ];
  return createTypeList({ all, what: "verification provider", path: "verification.type" });
}

/** Wraps a provider to take its config as stored. `prepare` throws if the schema no longer accepts it. */
function checked<Config>(inner: Provider<Config>): Provider {
  const configSchema: z.ZodType<Config> = inner.configSchema;
  return { ...inner, prepare: (config) => inner.prepare(configSchema.parse(config)) };
}
