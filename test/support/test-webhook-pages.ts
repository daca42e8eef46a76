/** The pages of webhooks on loopback, over real use cases; whoever a request names is signed in. */
import { Elysia } from "elysia";
import { createAssetRoutes } from "../../src/dashboard/assets/assets.ts";
import { attachFlash, createFlashCookie } from "../../src/dashboard/flash.ts";
import { readForm } from "../../src/dashboard/forms.ts";
import type { PageRoute } from "../../src/dashboard/page-route.ts";
import type { Viewer } from "../../src/dashboard/viewer.ts";
import type { SourcesDeps } from "../../src/dashboard/webhooks/deps.ts";
import { createSourcesRoutes } from "../../src/dashboard/webhooks/routes.ts";
import { createErrorAnswers, errorHandler } from "../../src/http/errors.ts";
import { queryOf } from "../../src/http/request-url.ts";
import { addSecurityHeaders } from "../../src/http/security-headers.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { serve } from "./http-server.ts";
import { createRecordingLog } from "./recording-log.ts";

/** Requests without the header are the first viewer's. */
const VIEWER_HEADER = "x-test-viewer";

export type Answer = Readonly<{
  status: number;
  location: string | null;
  flash: string | null;
  html: string;
}>;

type AskOptions = Readonly<{
  as?: string;
  form?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
}>;

export function serveSources(deps: SourcesDeps, viewers: readonly [Viewer, ...Viewer[]]) {
  const { log, lines } = createRecordingLog();
  const routes = createSourcesRoutes(deps);
  const flashes = createFlashCookie({
    config: { baseUrl: "http://localhost:8080" },
    clock: systemClock,
    sessionKey: new Uint8Array(32).fill(3),
  });
  const app = new Elysia({ precompile: true, handler: { standardHostname: false } })
    .use(errorHandler(createErrorAnswers({ log })))
    .use(createAssetRoutes());
  for (const route of routes) {
    app.route(route.method, route.path, ({ request, params }) => answer(route, request, params), {
      parse: "none",
    });
  }
  const server = serve(app);

  async function answer(
    route: PageRoute,
    request: Request,
    params: Record<string, string>,
  ): Promise<Response> {
    if (route.access === "anyone") throw new Error("no page of webhooks is open to anyone");
    const id = request.headers.get(VIEWER_HEADER);
    const flash = await flashes.read(request);
    const response = await route.run({
      ...{ request, params, flash },
      query: queryOf(request.url),
      remoteAddress: "192.0.2.7",
      viewer: viewers.find((viewer) => viewer.id === id) ?? viewers[0],
      sessionId: "session",
      isStillSignedIn: () => true,
      keepOpen: () => undefined,
      form: () => readForm(request),
    });
    addSecurityHeaders(response.headers, request, { baseUrl: "http://localhost" });
    if (flash) response.headers.append("set-cookie", flashes.clear());
    await flashes.send(response);
    return response;
  }

  async function ask(method: "GET" | "POST", path: string, options: AskOptions = {}): Promise<Answer> {
    const { as, form, headers } = options;
    const response = await fetch(server.url + path, {
      method,
      redirect: "manual",
      headers: {
        ...headers,
        ...(as !== undefined && { [VIEWER_HEADER]: as }),
      },
      ...(form && { body: new URLSearchParams(form) }),
    });
    const cookie = response.headers.getSetCookie().find((text) => !text.includes("Max-Age=0")) ?? "";
    const flash = await flashes.read(
      new Request(server.url, { headers: { cookie: cookie.split(";")[0] ?? "" } }),
    );
    return {
      status: response.status,
      location: response.headers.get("location"),
      flash: flash && `${flash.tone}: ${flash.text}`,
      html: await response.text(),
    };
  }

  /** The cookie of a browser that is to show this line on its next page. */
  async function flashCookie(text: string): Promise<string> {
    const response = new Response();
    attachFlash(response, { tone: "ok", text });
    await flashes.send(response);
    return response.headers.getSetCookie()[0]?.split(";", 1)[0] ?? "";
  }

  return {
    flashCookie,
    ...{ url: server.url, routes, lines, stop: server.stop },
    get: (path: string, options?: AskOptions) => ask("GET", path, options),
    post: (path: string, form: Readonly<Record<string, string>> = {}, options?: AskOptions) =>
      ask("POST", path, { ...options, form }),
  };
}
