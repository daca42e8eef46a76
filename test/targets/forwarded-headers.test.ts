import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { endToEndHeaders } from "../../src/targets/forwarded-headers.ts";
import { headersFor, headersForOtherOrigin } from "../../src/targets/http-headers.ts";
import { receivedHeadersShape } from "../../src/targets/received-headers.ts";
import { attemptOf, event } from "./target-bench.ts";

const goesOn = (name: string) => endToEndHeaders([[name, "1"]]).length === 1;

const PROXIES: Record<string, string> = {
  "HTTP itself": "Via Max-Forwards Forwarded Early-Data CDN-Loop X-Forwarded-For X-Forwarded-Proto X-Real-IP",
  Cloudflare: "CF-Connecting-IP CF-Connecting-IPv6 CF-RAY CF-Visitor CF-IPCountry CF-Worker CF-EW-Via",
  "Cloudflare's Access": "Cf-Access-Jwt-Assertion CF-Access-Client-Secret True-Client-IP CF-Pseudo-IPv4",
  CloudFront: "CloudFront-Viewer-Country CloudFront-Is-Mobile-Viewer CloudFront-Forwarded-Proto X-Amz-Cf-Id",
  "AWS's load balancers": "X-Amzn-Trace-Id X-Amzn-Oidc-Data X-Amzn-Tls-Version X-Amzn-Mtls-Clientcert-Leaf",
  Fastly: "Fastly-Client-IP Fastly-FF Fastly-SSL X-Varnish X-SigSci-RequestID",
  Akamai: "Akamai-Origin-Hop X-Akamai-Edgescape X-Akamai-Config-Log-Detail",
  Azure:
    "X-Azure-ClientIP X-Azure-Ref X-Azure-FDID X-FD-HealthProbe X-AppGW-Trace-Id X-ARR-SSL X-Original-Host",
  "App Service":
    "Client-IP Disguised-Host Was-Default-Hostname X-MS-Client-Principal-Name X-Site-Deployment-Id",
  Google:
    "X-Cloud-Trace-Context X-Goog-IAP-JWT-Assertion X-Goog-Authenticated-User-Email X-AppEngine-User-IP",
  Fly: "Fly-Client-IP Fly-Region Fly-Forwarded-Proto Fly-Request-Id",
  Vercel:
    "X-Vercel-Id X-Vercel-IP-Country X-Vercel-Forwarded-For X-Vercel-Proxy-Signature X-Vercel-Oidc-Token",
  Others:
    "X-NF-Request-ID Rndr-Id X-Railway-Edge X-Request-Start Connect-Time Total-Route-Time DO-Connecting-IP",
  Envoy: "X-Envoy-External-Address X-Envoy-Expected-Rq-Timeout-Ms X-Forwarded-Client-Cert X-Istio-Attributes",
  nginx:
    "X-Original-URI X-Original-Forwarded-For X-Scheme SSL-Client-Cert X-Auth-Request-Email X-Cluster-Client-IP",
  tunnels:
    "Ngrok-Auth-User-Email Tailscale-User-Login CDN-RequestCountryCode Incap-Client-IP X-Kong-Request-Id",
};

describe("a target gets no headers written by", () => {
  for (const [whose, names] of Object.entries(PROXIES)) {
    test(whose, () => {
      const cases = names.split(" ").flatMap((name) => [name, name.toLowerCase(), name.toUpperCase()]);
      expect(cases.filter(goesOn)).toEqual([]);
    });
  }
});

const SENDERS = [
  "X-Vercel-Signature cf-webhook-auth Heroku-Webhook-Hmac-SHA256 Tailscale-Webhook-Signature X-Kong-Signature",
  "X-Amz-Sns-Message-Type X-Amz-Sns-Topic-Arn X-Amz-Firehose-Request-Id X-Amz-Firehose-Access-Key aeg-event-type",
  "X-Goog-Resource-State X-Goog-Channel-Id X-CloudTasks-TaskName X-AppEngine-QueueName ce-id ce-type",
  "X-Request-Id X-Correlation-Id traceparent tracestate b3 X-Netlify-Event Webhook-Signature User-Agent",
  "X-GitHub-Event X-Hub-Signature-256 Stripe-Signature X-Shopify-Hmac-SHA256 PayPal-Transmission-Sig Svix-Id",
  "X-Slack-Signature X-Twilio-Signature I-Twilio-Idempotency-Token X-Gitlab-Token X-WC-Webhook-Signature",
  "Authorization Cookie Origin Referer Accept Content-Type Content-Encoding Idempotency-Key Date Digest",
].flatMap((line) => line.split(" "));

test("a target gets the sender's own headers, even if the sender is a company that runs proxies", () => {
  expect(SENDERS.filter((name) => !goesOn(name))).toEqual([]);
});

type Config = Parameters<typeof headersFor>[0]["config"];

describe("a target's own settings", () => {
  const received = [
    ["X-Forwarded-For", "203.0.113.9"],
    ["CF-Connecting-IP", "203.0.113.9"],
    ["X-Secret", "s"],
    ["Cookie", "c"],
    ["X-Plain", "p"],
    ["Connection", "X-Hop"],
    ["X-Hop", "h"],
  ] as const;
  const own = (name: string) => name.startsWith("X-Webhooker-");
  const attempt = (config: Config) => ({
    ...attemptOf(config, { event: { ...event, headers: received } }),
    config,
  });
  const namesTo = (config: Config) =>
    headersFor(attempt(config), 0).flatMap(([name]) => (own(name) ? [] : [name]));

  test("remove the named headers, in any case", () => {
    expect(namesTo({})).toEqual(["X-Secret", "Cookie", "X-Plain"]);
    expect(namesTo({ drop_headers: ["x-SECRET", "COOKIE"] })).toEqual(["X-Plain"]);
    expect(namesTo({ drop_headers: ["x-plain"], headers: { "X-Plain": "mine" } })).toEqual([
      ...["X-Secret", "Cookie", "X-Plain"],
    ]);
  });

  test("let a named proxy header through, and no other", () => {
    expect(namesTo({ forward_headers: ["x-forwarded-for"] })).toEqual([
      ...["X-Forwarded-For", "X-Secret", "Cookie", "X-Plain"],
    ]);
    const both = { forward_headers: ["CF-Connecting-IP"], drop_headers: ["cf-connecting-ip"] };
    expect(namesTo(both)).not.toContain("CF-Connecting-IP");
    expect(namesTo({ forward_headers: ["X-Hop"] })).not.toContain("X-Hop");
  });

  test("send no proxy header to another origin, and nothing that was removed", () => {
    const config = { forward_headers: ["X-Forwarded-For"], drop_headers: ["X-Secret"] };
    const names = headersForOtherOrigin(attempt(config)).flatMap(([name]) => (own(name) ? [] : [name]));
    expect(names).toEqual(["X-Plain"]);
  });

  test("cannot name headers of the connection or the gateway, nor invalid names", () => {
    const { drop_headers, forward_headers } = receivedHeadersShape;
    const never = ["Connection", "te", "Trailer", "Transfer-Encoding", "Content-Length", "Host", "Expect"];
    for (const name of [...never, "X-Webhooker-Event-Id", "Proxy-Authorization", "a b", "", "é", "a:"]) {
      for (const field of [drop_headers, forward_headers]) {
        expect([name, field.safeParse([name]).success]).toEqual([name, false]);
      }
    }
    expect(forward_headers.parse([" X-Forwarded-For "])).toEqual(["X-Forwarded-For"]);
    expect(drop_headers.safeParse(Array(51).fill("a")).success).toBe(false);
  });
});

test("whatever is received, only valid names and values are forwarded, in order", () => {
  const text = fc.string({ unit: "binary", maxLength: 12 });
  const header = fc.tuple(fc.oneof(text, fc.constantFrom(...SENDERS)), text);
  fc.assert(
    fc.property(fc.array(header, { maxLength: 8 }), (headers) => {
      const kept = endToEndHeaders(headers);
      expect(kept).toEqual(headers.filter((each) => kept.some((one) => one === each)));
      for (const [name, value] of kept) {
        expect(name).toMatch(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/);
        expect(value).toMatch(/^[\t\x20-\x7e\x80-\xff]*$/);
      }
    }),
  );
});
