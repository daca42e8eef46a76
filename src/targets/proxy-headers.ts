/** Recognises the headers that CDNs, load balancers and reverse proxies in front of the gateway add to a request. */

/**
 * These headers describe a connection that ended at the gateway. Forwarded, they would mislead the target or make it
 * refuse the delivery: Cloudflare responds 403 to a CF-Connecting-IP that it did not write itself, and 425 is the
 * correct response to Early-Data.
 */
const NAMES: ReadonlySet<string> = new Set(
  [
    // HTTP itself: RFC 9110 7.6.2 and 7.6.3, RFC 7239, RFC 8470, RFC 8586, RFC 9440.
    "via max-forwards forwarded early-data alt-used cdn-loop surrogate-capability client-cert client-cert-chain",
    // Used by several products.
    "true-client-ip client-ip x-client-ip x-client-port x-cluster-client-ip x-real-ip x-real-port x-remote-addr",
    "x-remote-ip x-originating-ip x-proxyuser-ip proxy-client-ip wl-proxy-client-ip x-scheme x-url-scheme",
    "x-original-forwarded-for x-original-host x-original-url x-original-uri x-original-method x-original-proto",
    "x-rewrite-url x-host front-end-https x-request-start x-queue-start connect-time total-route-time",
    // Azure's Application Gateway and App Service.
    "x-appgw-trace-id x-arr-ssl x-arr-log-id x-site-deployment-id x-waws-unencoded-url x-appservice-proto",
    "disguised-host was-default-hostname",
    // Google's load balancers, Identity-Aware Proxy and App Engine.
    "x-cloud-trace-context x-goog-iap-jwt-assertion x-appengine-country x-appengine-region x-appengine-city",
    "x-appengine-citylatlong x-appengine-user-ip x-appengine-https x-appengine-request-log-id",
    "x-appengine-default-version-hostname x-appengine-timeout-ms",
    // Others.
    "do-connecting-ip incap-client-ip ali-cdn-real-ip x-sucuri-clientip x-sucuri-country x-varnish",
    "x-vercel-proxy-signature x-vercel-proxy-signature-ts x-now-id x-now-deployment-url render-proxy-ttl",
    "x-kong-request-id x-kong-proxy-latency x-kong-upstream-latency x-replaced-path x-nws-log-uuid",
    "tailscale-headers-info tailscale-funnel-request tailscale-app-capabilities",
  ].flatMap((line) => line.split(" ")),
);

const PREFIXES: readonly string[] = [
  "x-forwarded-",
  // Cloudflare.
  "cf-",
  // CloudFront, and the load balancers and gateways of AWS. X-Amz-Sns-… and X-Amz-Firehose-… belong to senders.
  "cloudfront-",
  "x-amz-cf-",
  "x-amzn-",
  // Fastly and its firewall, Akamai, bunny.net, Imperva.
  "fastly-",
  "x-fastly-",
  "x-sigsci-",
  "akamai-",
  "x-akamai-",
  "cdn-request",
  "x-incap-",
  // Azure's Front Door, and App Service's authenticated user.
  "x-azure-",
  "x-fd-",
  "x-ms-client-principal",
  "x-ms-token-",
  // Google's Identity-Aware Proxy.
  "x-goog-authenticated-user-",
  // Hosting platforms: Fly, Vercel, Netlify, Render, Heroku, Railway.
  "fly-",
  "x-vercel-",
  "x-nf-",
  "rndr-",
  "x-heroku-",
  "x-railway-",
  // Envoy and Istio, ingress-nginx and HAProxy, oauth2-proxy, ngrok, Tailscale.
  "x-envoy-",
  "x-istio-",
  "ssl-client-",
  "x-ssl-client-",
  "x-auth-request-",
  "ngrok-",
  "tailscale-user-",
];

/** The same companies send webhooks: X-Vercel-Signature, CF-Webhook-Auth. */
const SENDERS_OWN = /signature|webhook|hmac/;

/** Expects `name` in lower case. */
export function isProxyHeader(name: string): boolean {
  if (NAMES.has(name)) return true;
  return PREFIXES.some((prefix) => name.startsWith(prefix)) && !SENDERS_OWN.test(name);
}
