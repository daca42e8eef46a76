/** Handles all errors of requests: JSON for programs, pages for people. */
import type { Elysia } from "elysia";
import { AppError } from "../lib/errors.ts";
import type { Logger } from "../observability/log.ts";
import { allowedMethods, type RegisteredRoute } from "./allowed-methods.ts";
import { describeError, type ErrorDescription } from "./error-description.ts";
import { requestIdOf } from "./request-id.ts";
import { pathOf } from "./request-url.ts";

/** Renders the response's body; the caller sets the headers of the description. */
export type ErrorRenderer = (error: ErrorDescription, request: Request) => Response | Promise<Response>;

export type ErrorAnswers = Readonly<{
  answer: (error: unknown, request: Request, routes?: readonly RegisteredRoute[]) => Promise<Response>;
}>;

export function createErrorAnswers(options: {
  log: Logger;
  /** Chooses the renderer; null and the default mean the API's JSON. */
  rendererFor?: (request: Request) => ErrorRenderer | null;
}): ErrorAnswers {
  return {
    async answer(error, request, routes = []) {
      const described = describeError(withMethods(error, request, routes));
      const id = requestIdOf(request);
      if (described.status === 500) {
        options.log.error("request failed", {
          request_id: id,
          method: request.method,
          path: pathOf(request.url),
          error,
        });
      } else if (described.status === 503 && error instanceof AppError && error.cause !== undefined) {
        // Debug only: a full disk can cause thousands per second, and the part that failed logs it once.
        options.log.debug("request refused", { request_id: id, code: error.code, error });
      }
      const render = options.rendererFor?.(request) ?? renderErrorAsJson;
      const response = await render(described, request);
      for (const [name, value] of Object.entries(described.headers)) response.headers.set(name, value);
      response.headers.set("x-request-id", id);
      return response;
    },
  };
}

/** Covers all routes of the application; register it before them. */
export function errorHandler(errors: ErrorAnswers) {
  return (app: Elysia) =>
    app.onError({ as: "global" }, ({ error, request }) => errors.answer(error, request, app.routes));
}

export function renderErrorAsJson(error: ErrorDescription, request: Request): Response {
  const { code, message, hint, details } = error;
  const body = {
    code,
    message,
    ...(hint !== undefined && { hint }),
    ...(details !== undefined && { details }),
    ...(error.status === 500 && { request_id: requestIdOf(request) }),
  };
  return Response.json({ error: body }, { status: error.status });
}

/** Returns whether the request comes from a person's browser, so that the response can be a page. */
export function wantsPage(request: Request): boolean {
  const path = pathOf(request.url);
  if (path.startsWith("/api/") || path.startsWith("/webhook/")) return false;
  return request.headers.get("accept")?.includes("text/html") ?? false;
}

/** Turns "not found" into "method not allowed" if the path exists with another method. */
function withMethods(error: unknown, request: Request, routes: readonly RegisteredRoute[]): unknown {
  const { status } = describeError(error);
  if (status !== 404) return error;
  const allowed = allowedMethods(routes, pathOf(request.url));
  // A literal path can match another route's parameter, such as GET /webhooks/import.
  if (allowed.length === 0 || allowed.includes(request.method)) return error;
  return new AppError({
    kind: "method_not_allowed",
    message: "Method not allowed.",
    hint: `Use ${allowed.join(", ")}.`,
    allowed,
  });
}
