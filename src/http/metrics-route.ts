/** Serves GET /metrics for Prometheus, with its own username and password. */
import { Elysia } from "elysia";
import { constantTimeEqual } from "../lib/crypto.ts";
import { AppError } from "../lib/errors.ts";
import { describeError } from "./error-description.ts";
import { renderErrorAsJson } from "./errors.ts";

export const METRICS_PATH = "/metrics";

export type Credentials = Readonly<{ username: string; password: string }>;

/** `scrape` returns the metrics in Prometheus' text format. */
export function metricsRoute(options: {
  /** Null: the route does not exist. */
  credentials: Credentials | null;
  scrape: () => Promise<Readonly<{ contentType: string; text: string }>>;
}) {
  const { credentials, scrape } = options;
  const app = new Elysia({ name: "metrics" });
  if (credentials === null) return app;
  return app.get(METRICS_PATH, async ({ request }) => {
    if (!mayAsk(request, credentials)) return refuse(request);
    const { contentType, text } = await scrape();
    return new Response(text, { headers: { "content-type": contentType } });
  });
}

function mayAsk(request: Request, credentials: Credentials): boolean {
  const given = basicCredentials(request.headers.get("authorization") ?? "");
  // Both are always compared, so that the time does not reveal which one is wrong.
  const isUser = constantTimeEqual(given.username, credentials.username);
  const isPassword = constantTimeEqual(given.password, credentials.password);
  return isUser && isPassword;
}

/** Empty if absent; neither can be configured as empty. */
function basicCredentials(header: string): Credentials {
  const encoded = /^basic +([a-z0-9+/=]+) *$/i.exec(header)?.[1] ?? "";
  const decoded = Buffer.from(encoded, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  if (colon === -1) return { username: "", password: "" };
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

function refuse(request: Request): Response {
  const error = new AppError({
    kind: "unauthenticated",
    message: "The metrics need a user name and password.",
    hint: "Send METRICS_USERNAME and METRICS_PASSWORD with Basic authentication.",
  });
  const response = renderErrorAsJson(describeError(error), request);
  response.headers.set("www-authenticate", 'Basic realm="webhooker metrics", charset="UTF-8"');
  return response;
}
