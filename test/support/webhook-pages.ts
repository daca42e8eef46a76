/** A gateway for tests of a webhook's pages: a user's webhook, overviews that a test sets, and a user who owns none of it. */
import { attachFlash, createFlashCookie } from "../../src/dashboard/flash.ts";
import type { SourcesDeps } from "../../src/dashboard/webhooks/deps.ts";
import { openConfig } from "../../src/settings/sealed-config.ts";
import type { TargetType } from "../../src/targets/target-type.ts";
import type { Provider } from "../../src/verification/provider.ts";
import type { EmptyPlace } from "../../src/webhooks/place-trials.ts";
import type { Trial } from "../../src/webhooks/verification-trial.ts";
import { createFakeOverviews } from "./fake-overviews.ts";
import { startTestApp } from "./test-app.ts";
import { createFakeThrottle } from "./throttle.ts";

export type SourcePages = Awaited<ReturnType<typeof startSourcePages>>;

export type Answer = Readonly<{
  status: number;
  location: string | null;
  flash: string | null;
  html: string;
}>;

type AskOptions = Readonly<{
  as?: string;
  form?: Readonly<Record<string, string>>;
  /** A form with a file, instead of `form`. */
  upload?: FormData;
  headers?: Readonly<Record<string, string>>;
}>;

export const SECRET = "Bearer do-not-show";

export const NOTHING_TRIED = { tried: 0, untried: 0, accepted: 0, refused: [] };

/** `moreTypes` are added to the program's own target types. */
export async function startSourcePages(
  options: { moreTypes?: readonly TargetType[]; environment?: Readonly<Record<string, string>> } = {},
) {
  const { moreTypes = [], environment = {} } = options;
  /** The inputs and the result of trials, and the provider that is proposed. */
  const trials: { asked: unknown[]; answer: Trial; suggested: Provider | null } = {
    asked: [],
    answer: { events: NOTHING_TRIED, rejected: NOTHING_TRIED },
    suggested: null,
  };
  /** Body places that were empty in the last events, by entrypoint and target. */
  const emptyPlaces = new Map<string, EmptyPlace>();
  const fakeThrottle = createFakeThrottle();
  const tests: Parameters<SourcesDeps["sendTestEvent"]>[0][] = [];
  let testFault: Error | null = null;
  const overviews = createFakeOverviews();
  const gateway = await startTestApp(
    { TRUSTED_PROXIES: "127.0.0.1/32", ...environment },
    {
      targetTypes(own) {
        const types = [...own.list(), ...moreTypes];
        const find = (type: string) => types.find((each) => each.type === type) ?? null;
        return { find, get: (type) => find(type) ?? own.get(type), list: () => types };
      },
      dashboard: (own) => ({
        ...own,
        events: { ...own.events, ...overviews.events },
        rejected: { ...own.rejected, ...overviews.rejected },
        throttle: fakeThrottle.throttle,
        sendTestNotice: async () => [{ channel: "email", error: null }],
        trials: {
          async run({ input }) {
            trials.asked.push(input);
            return trials.answer;
          },
          suggest: async () => trials.suggested,
        },
        placeTrials: {
          ofEntrypoint: async ({ id }) => [emptyPlaces.get(id) ?? []].flat(),
          ofTargets: async () => emptyPlaces,
        },
        async sendTestEvent(asked) {
          tests.push(asked);
          if (testFault) throw testFault;
          return "event";
        },
      }),
    },
  );
  const { app, parts, server, clock, lines, config } = gateway;
  const { mainDb, useCases, keys, providers } = parts;
  const { targetTypes } = parts.delivery;
  const [ada, bob] = [await gateway.addUser("ada"), await gateway.addUser("bob")];
  const flashes = createFlashCookie({ config, clock, sessionKey: keys.sessionKey });

  /** Reads a target's config with its secrets, which no page and no response shows. */
  function openTarget(targetId: string): Record<string, unknown> {
    const row = mainDb.targets.find({ id: targetId, webhookId: webhook.id });
    if (!row) throw new Error(`there is no target ${targetId}`);
    return openConfig({
      type: targetTypes.get(row.type),
      config: row.config,
      owner: `targets:${targetId}`,
      keys,
    });
  }

  async function ask(method: "GET" | "POST", path: string, asked: AskOptions = {}): Promise<Answer> {
    const { as = ada, form, upload, headers } = asked;
    const response = await fetch(server.url + path, {
      method,
      redirect: "manual",
      headers: {
        accept: "text/html",
        "x-forwarded-for": "192.0.2.7",
        ...(method === "POST" && { "sec-fetch-site": "same-origin" }),
        ...headers,
        cookie: [await gateway.cookieOf(as), headers?.cookie ?? []].flat().join("; "),
      },
      ...((upload ?? form) && { body: upload ?? new URLSearchParams(form) }),
    });
    const set = response.headers.getSetCookie().find((text) => text.includes("webhooker_flash="));
    const cookie = set?.split(";", 1)[0] ?? "";
    const flash = await flashes.read(new Request(server.url, { headers: { cookie } }));
    return {
      status: response.status,
      location: response.headers.get("location"),
      flash: flash && `${flash.tone}: ${flash.text}`,
      html: await response.text(),
    };
  }

  const pages = {
    url: server.url,
    lines,
    routes: app.routes.filter(({ path }) => /^\/sources?\b/.test(path)),
    targetTypes: targetTypes.list(),
    /** State of a real browser in which Ada is signed in. */
    browserState: () => gateway.browserState(ada),
    /** Sends a request as Ada, unless `as` names another user. */
    get: (path: string, asked?: AskOptions) => ask("GET", path, asked),
    post: (path: string, form: Readonly<Record<string, string>> = {}, asked?: AskOptions) =>
      ask("POST", path, { ...asked, form }),
    /** Writes the cookie that shows this line on a browser's next page. */
    async flashCookie(text: string): Promise<string> {
      const response = new Response();
      attachFlash(response, { tone: "ok", text });
      await flashes.send(response);
      return response.headers.getSetCookie()[0]?.split(";", 1)[0] ?? "";
    },
  };

  const webhook = await useCases.webhooks.create({ userId: ada, input: { name: "Shop" } });
  const of = { userId: ada, webhookId: webhook.id };
  const entrypoint = await useCases.entrypoints.create({ ...of, input: { name: "Orders" } });
  const target = await useCases.targets.create({
    ...of,
    input: {
      name: "Warehouse",
      type: "http",
      config: { url: "https://warehouse.example/in", headers: { Authorization: SECRET } },
    },
  });
  const path = `/source/${webhook.id}`;

  return {
    pages,
    useCases,
    files: overviews.files,
    tests,
    trials,
    emptyPlaces,
    of,
    webhook,
    entrypoint,
    target,
    throttles: fakeThrottle.views,
    throttleCalls: fakeThrottle.calls,
    openTarget,
    providers,
    ada,
    bob,
    clock,
    mainDb,
    paths: {
      webhook: path,
      entrypoint: `${path}/entrypoints/${entrypoint.id}`,
      target: `${path}/targets/${target.id}`,
    },
    failNextTest(error: Error) {
      testFault = error;
    },
    stop: gateway.stop,
  };
}
