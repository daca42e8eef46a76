import { expect, test } from "bun:test";
import { isResponseHeader, isResponseType } from "../../src/settings/response-headers.ts";

const ACTED_ON = [
  // Used by reverse proxies, platforms and caches.
  "X-Accel-Redirect X-Accel-Expires X-Accel-Buffering X-Accel-Limit-Rate X-Sendfile X-Sendfile2 X-Reproxy-URL",
  "X-LIGHTTPD-send-file X-LiteSpeed-Location X-Envoy-Immediate-Health-Check-Fail X-Middleware-Rewrite Fly-Replay",
  "X-Cascade X-Proxy-Cache X-Varnish X-Cache-Control Surrogate-Control CDN-Cache-Control Edge-Control X-ESI",
  "Cache-Control Expires Age ETag Vary Last-Modified Pragma Via Warning X-Vercel-Cache X-Amz-Meta-A X-CF-Worker",
  // Used by browsers.
  "Report-To NEL Reporting-Endpoints Alt-Svc Set-Login Accept-CH Critical-CH Origin-Agent-Cluster Link SourceMap",
  "Permissions-Policy Speculation-Rules Use-As-Dictionary Expect-CT Public-Key-Pins Content-Disposition Set-Cookie",
  "Clear-Site-Data Refresh Service-Worker-Allowed Strict-Transport-Security Content-Security-Policy Location",
  "Cross-Origin-Resource-Policy Timing-Allow-Origin No-Vary-Search Sec-Session-Registration Activate-Storage-Access",
  "Attribution-Reporting-Register-Source X-Frame-Options X-Content-Type-Options X-XSS-Protection X-SourceMap",
  "X-DNS-Prefetch-Control X-Permitted-Cross-Domain-Policies X-Robots-Tag X-UA-Compatible Referrer-Policy",
  // Used by HTTP clients and by the gateway itself.
  "Transfer-Encoding Connection Content-Length Content-Encoding Content-Type Trailer Upgrade Date Server Allow",
  "Proxy-Authenticate WWW-Authenticate Authentication-Info Retry-After X-Request-Id X-Webhooker-Event-Id",
  "Access-Control-Allow-Credentials Access-Control-Allow-Private-Network",
].flatMap((line) => line.split(" "));

const OWN = [
  "X-Hook-Secret X-Hook-Signature X-Custom X-Answer X-Mine X-Correlation-Id X-Trace.Id X-Realm X-Nova",
  "Access-Control-Allow-Origin Access-Control-Allow-Headers Access-Control-Allow-Methods Access-Control-Max-Age",
  "Content-Language WebHook-Allowed-Origin WebHook-Allowed-Rate",
].flatMap((line) => line.split(" "));

test("headers that something acts on cannot be set, in any case", () => {
  const cases = ACTED_ON.flatMap((name) => [name, name.toLowerCase(), name.toUpperCase()]);
  expect(cases.filter(isResponseHeader)).toEqual([]);
});

test("custom headers can be set, and those that senders in browsers and CloudEvents need", () => {
  expect(OWN.filter((name) => !isResponseHeader(name))).toEqual([]);
});

test("data types are allowed", () => {
  const data = [
    ...["text/plain", "text/plain; charset=utf-8", "TEXT/XML;charset=UTF-8", "text/csv", "application/json"],
    ...[
      "application/xml",
      "application/soap+xml; charset=utf-8",
      "application/vnd.api+json",
      "application/x-ndjson",
    ],
    ...['text/plain; charset="utf-8"', "application/cloudevents+json", "application/octet-stream"],
  ];
  expect(data.filter((type) => !isResponseType(type))).toEqual([]);
});

test("types of scripts, styles and pages are not allowed", () => {
  const others = [
    ...[
      "text/html",
      "text/javascript",
      "application/javascript",
      "application/ecmascript",
      "text/css",
      "text/ecmascript",
    ],
    ...[
      "application/xhtml+xml",
      "image/svg+xml",
      "application/xslt+xml",
      "application/wasm",
      "text/event-stream",
    ],
    ...[
      "application/speculationrules+json",
      "application/importmap+json",
      "application/manifest+json",
      "text/cache-manifest",
    ],
    ...[
      "multipart/x-mixed-replace; boundary=a",
      "application/pdf",
      "text/vtt",
      "message/rfc822",
      "image/png",
    ],
    // Browsers use the type after a comma.
    ...[
      "text/plain, text/html",
      "text/plain; a=b, text/javascript",
      'text/plain; a="b, text/html"',
      "text/plain;",
    ],
    ...["text/plain\r\nx: y", "", "text", "text/plain ;charset", "text/plain; =a"],
  ];
  expect(others.filter(isResponseType)).toEqual([]);
});
