import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page, Request } from "playwright-core";
import { z } from "zod";
import {
  collectComplaints,
  DESKTOP,
  findSeriousViolations,
  launchBrowser,
  PHONE,
  visitAll,
} from "../support/browser.ts";
import { fillEventFile } from "../support/fill-event-file.ts";
import type { Gateway } from "../support/gateway.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { addressOf, listRegisteredRoutes } from "../support/registered-routes.ts";
import {
  addPerson,
  addToServer,
  administrator,
  createWebhookInUse,
  idsOf,
  openAs,
  type Person,
  startSite,
  type WebhookInUse,
} from "../support/site.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(180_000);

const MAX_PAGE_BYTES = 150_000;
const MAX_PAGE_NODES = 3_000;
const EVENTS_PER_PAGE = 50;
/** In the file of a webhook whose pages have the budgets of all others. */
const STORED_EVENTS = 100_000;
const COUNT_NODES = "document.querySelectorAll('*').length";
const OPEN_ALL = "for (const details of document.querySelectorAll('details')) details.open = true";
const SURPLUS_WIDTH = "document.documentElement.scrollWidth - window.innerWidth";
/** Finds content that a card cuts off, which nobody could read or scroll to. */
const CUT_OFF = `[...document.querySelectorAll(".card pre, .card .input")]
  .filter((each) => each.getBoundingClientRect().right > each.closest(".card").getBoundingClientRect().right)
  .map((each) => "cuts off " + each.outerHTML.slice(0, 80))`;
/** Most links of a page to itself that are followed: enough for every span of time and filter. */
const MOST_LINKS = 12;
/** Not pages: routes for programs, senders and operators, and assets. Nor what only a one-time link opens. */
const NO_PAGE =
  /^\/(api|webhook|assets|portal|invitation|pages\/(reset-password|confirm-email)|metrics|livez|readyz|\.well-known)(\/|$)/;
/** Streams: loading one would never end. */
const STREAM = /\/live$/;

type Answered = Readonly<{ path: string; type: string | null }>;

let gateway: Gateway;
let receiver: Receiver;
let browser: Browser;
let admin: Person;
let inUse: WebhookInUse;
/** Lists every GET route that people can open, with ids filled in: pages, and others. */
let pages: readonly string[];
let others: readonly Answered[];
/** The pages of the webhook with many events, also for other spans of time. */
let busyPages: readonly string[];

beforeAll(async () => {
  const [site, answering, chromium, routes] = await Promise.all([
    startSite(),
    startReceiver({ script: { body: '{"ok":true}', headers: { "content-type": "application/json" } } }),
    launchBrowser(),
    listRegisteredRoutes(),
  ]);
  [gateway, receiver, browser] = [site, answering, chromium];
  admin = await administrator(gateway);
  await addPerson(gateway, "bob");
  inUse = await fillWebhook();
  const service = await addToServer(gateway, admin);
  const answered = await Promise.all(
    routes
      .filter(({ method, path }) => method === "GET" && !NO_PAGE.test(path) && !STREAM.test(path))
      .map(({ path }) => ask(addressOf(path, { ...idsOf(inUse), ...service }))),
  );
  const isPage = ({ type }: Answered) => type?.startsWith("text/html") === true;
  pages = answered.filter(isPage).map(({ path }) => path);
  others = answered.filter((each) => !isPage(each));
  busyPages = await pagesOfBusyWebhook(
    routes.filter(({ method }) => method === "GET").map(({ path }) => path),
  );
});

afterAll(async () => {
  await browser.close();
  await gateway.remove();
  await receiver.close();
});

async function ask(path: string): Promise<Answered> {
  const headers = { cookie: admin.cookie, accept: "text/html" };
  const answer = await fetch(gateway.origin + path, { headers, redirect: "manual" });
  await answer.arrayBuffer();
  if (answer.status >= 400) throw new Error(`${path}: ${answer.status}`);
  return { path, type: answer.headers.get("content-type") };
}

/** Creates many of everything, with names of maximum length, and events with long URLs and large bodies. */
async function fillWebhook(): Promise<WebhookInUse> {
  const made = await createWebhookInUse(gateway, { api: gateway.api, receiver });
  const path = `/webhooks/${made.webhookId}`;
  const name = "A name of two hundred letters & signs ".repeat(6).slice(0, 200).trim();
  const create = async (to: string, body: unknown) => {
    const answer = await gateway.api.request("POST", to, body);
    if (!answer.ok) throw new Error(`${to}: ${answer.status} ${await answer.text()}`);
  };
  await Promise.all([
    ...Array.from({ length: 60 }, () => create("/webhooks", { name })),
    ...Array.from({ length: 30 }, () => create(`${path}/entrypoints`, { name })),
    ...Array.from({ length: 15 }, () => create(`${path}/targets`, { name, type: "log" })),
  ]);
  const bodyOf = (length: number) =>
    JSON.stringify(Array.from({ length }, (_, id) => ({ id, key: crypto.randomUUID(), isDone: false })));
  // A row of the log reads at most 64 KB of its body; the newest event's page reads more.
  const [large, largest] = [bodyOf(2_000), bodyOf(20_000)];
  const tail = `/${"long/".repeat(500)}?${"key=value&".repeat(500)}`;
  for (let count = 0; count <= EVENTS_PER_PAGE; count++) {
    const body = count < EVENTS_PER_PAGE ? large : largest;
    const answer = await fetch(gateway.entrypointUrl(made.entrypointId) + tail, { method: "POST", body });
    await answer.arrayBuffer();
    if (answer.status !== 200) throw new Error(`an event was answered ${answer.status}`);
  }
  const [newest] = await gateway.api.waitUntilSettled(made.webhookId);
  if (newest === undefined) throw new Error("no event was stored");
  const { deliveries } = await gateway.api.getEvent(made.webhookId, newest.id);
  const delivery = deliveries.find(({ target_id }) => target_id === made.targetId);
  return { ...made, eventId: newest.id, resultId: delivery?.results[0]?.id ?? "" };
}

/** Creates a webhook with many events, and lists its pages and those that its own page links to with a query. */
async function pagesOfBusyWebhook(routes: readonly string[]): Promise<readonly string[]> {
  const { webhookId, entrypointId, targetIds } = await gateway.api.setUpWebhook([
    { type: "log" },
    { type: "log" },
  ]);
  const [targetId = "", otherId = ""] = targetIds;
  await gateway.stop();
  const path = join(gateway.folder, "data", `events-${webhookId}.db`);
  const filling = {
    path,
    webhookId,
    entrypointId,
    targetIds: [targetId, otherId],
    events: STORED_EVENTS,
  } as const;
  const eventId = fillEventFile(filling, () => undefined);
  await gateway.start();
  const ids = { id: webhookId, entrypointId, targetId, eventId };
  const own = routes.filter(
    (each) => each.startsWith("/source/:id") && !/:(resultId|rejectedId)|live$/.test(each),
  );
  const answered = await Promise.all(own.map((each) => ask(addressOf(each, ids))));
  const found = answered
    .filter(({ type }) => type?.startsWith("text/html") === true)
    .map((each) => each.path);
  const queries = new Set(
    await Promise.all(
      [`/source/${webhookId}`, `/source/${webhookId}/logs`, `/source/${webhookId}/targets/${targetId}`].map(
        linksFrom,
      ),
    ).then((links) => links.flat()),
  );
  return [...found, ...queries];
}

/** The links of a page to itself with another query, such as another span of time. */
async function linksFrom(path: string): Promise<readonly string[]> {
  const answer = await fetch(gateway.origin + path, {
    headers: { cookie: admin.cookie, accept: "text/html" },
  });
  const links = (await answer.text()).matchAll(/ href="([^"]+)"/g);
  const all = [...links].map(([, link = ""]) => link.replaceAll("&amp;", "&"));
  return all.filter((link) => link.startsWith(`${path}?`)).slice(0, MOST_LINKS);
}

type Opened = Readonly<{ path: string; page: Page; requests: readonly Request[] }>;

/** Opens each page with an empty cache, and returns what `look` finds and the page's own errors. */
async function lookAt(
  all: readonly string[],
  options: BrowserContextOptions,
  look: (opened: Opened) => Promise<readonly string[]>,
): Promise<string[]> {
  const found: string[] = [];
  await visitAll(
    all,
    () => openWindow(options),
    async ({ page, complaints, requests }, path) => {
      const [known, asked] = [complaints.length, requests.length];
      await page.goto(path);
      const seen = await look({ path, page, requests: requests.slice(asked) });
      // Left for a page of plain text, so that what it still asks for does not count for the next one.
      await page.goto("/livez");
      const lines = [...seen, ...complaints.slice(known).filter(isFault)];
      found.push(...lines.map((line) => `${path}: ${line}`));
    },
  );
  return found;
}

async function openWindow(options: BrowserContextOptions) {
  const context = await openAs(browser, gateway, { person: admin, look: options });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  const requests: Request[] = [];
  page.on("request", (request) => requests.push(request));
  return { page, complaints: collectComplaints(page), requests };
}

/** The console also reports a missing page as an error. */
function isFault(complaint: string): boolean {
  return !/status of (404|503)/.test(complaint);
}

/** Returns accessibility faults, whatever the reader uses. */
async function faultsToReaders({ page }: Opened): Promise<readonly string[]> {
  await page.evaluate(OPEN_ALL);
  const surplus = await page.evaluate(SURPLUS_WIDTH);
  return [
    ...(await findSeriousViolations(page)),
    ...(surplus === 0 ? [] : [`is ${surplus} px wider than the window`]),
    ...z.array(z.string()).parse(await page.evaluate(CUT_OFF)),
  ];
}

/** Returns what a page has beyond its budget, or from elsewhere, and adds the assets that it asked for to `assets`. */
async function surplusOf({ page, requests }: Opened, assets: Set<string>): Promise<readonly string[]> {
  // Data URLs are not requested; a stream continues.
  const asked = requests.filter((request) => !/^data:|\/live\?/.test(request.url()));
  const sizes = await Promise.all(asked.map((request) => request.sizes()));
  const bytes = sizes.reduce((sum, size) => sum + size.responseBodySize + size.responseHeadersSize, 0);
  const foreign = asked.filter((request) => new URL(request.url()).origin !== gateway.origin);
  const sheets = asked.filter((request) => request.resourceType() === "stylesheet");
  // The others are the page, and parts that it loads later.
  for (const { pathname } of asked.map((request) => new URL(request.url()))) {
    if (pathname.startsWith("/assets/")) assets.add(pathname);
  }
  return [
    ...(await surplusElements(page)),
    ...(bytes <= MAX_PAGE_BYTES ? [] : [`sends ${bytes} bytes`]),
    ...(sheets.length === 1 ? [] : [`has ${sheets.length} stylesheets`]),
    ...foreign.map((request) => `asks for ${request.url()}`),
  ];
}

async function surplusElements(page: Page): Promise<readonly string[]> {
  const nodes = z.number().parse(await page.evaluate(COUNT_NODES));
  return nodes <= MAX_PAGE_NODES ? [] : [`has ${nodes} elements`];
}

test("the walk finds every page", () => {
  expect(pages.length).toBeGreaterThan(14);
  // Everything else that can be opened redirects to a page, or is text, lines of JSON, a body, or a webhook's file.
  const strange = others.filter(
    ({ type }) => type !== null && !/^text\/plain|octet-stream$|sqlite3$|x-ndjson$/.test(type),
  );
  expect(strange).toEqual([]);
});

describe("every page, filled to the maximum", () => {
  const searched = () => `/source/${inUse.webhookId}/logs?status=delivered&q=isDone`;

  test(`has on a desk in light no serious accessibility fault and no complaint, and fits; sends at most ${MAX_PAGE_BYTES / 1_000} KB at the first visit and has at most ${MAX_PAGE_NODES} elements, with one stylesheet, all from the gateway`, async () => {
    const look = { ...DESKTOP, colorScheme: "light" } as const;
    const assets = new Set<string>();
    const found = await lookAt([...pages, searched(), "/no-such-page"], look, async (opened) => [
      ...(await surplusOf(opened, assets)),
      ...(await faultsToReaders(opened)),
    ]);
    expect(busyPages.length).toBeGreaterThan(15);
    found.push(...(await lookAt(busyPages, look, (opened) => surplusOf(opened, assets))));
    expect(found).toEqual([]);
    expect([...assets].map((path) => path.replace(/-[0-9a-f]{12}\./, ".")).sort()).toEqual([
      "/assets/app.css",
      "/assets/app.js",
      "/assets/htmx.js",
    ]);
    for (const asset of assets) {
      const { headers } = await fetch(gateway.origin + asset);
      expect(headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    }
  });

  test("has on a phone in dark no serious accessibility fault and no complaint, and fits", async () => {
    const look = { ...PHONE, colorScheme: "dark" } as const;
    expect(await lookAt([...pages, searched(), "/no-such-page"], look, faultsToReaders)).toEqual([]);
  });

  test("a body of which more is shown at the reader's wish has no more elements either", async () => {
    const long = `/source/${inUse.webhookId}/events/${inUse.eventId}?body=long`;
    expect(await lookAt([long], DESKTOP, ({ page }) => surplusElements(page))).toEqual([]);
  });
});

test("a damaged event file is reported on its webhook's pages, and nothing else is affected", async () => {
  const { webhookId } = await createWebhookInUse(gateway, { api: gateway.api, receiver });
  await gateway.stop();
  writeFileSync(join(gateway.folder, "data", `events-${webhookId}.db`), "no database ".repeat(1_000));
  await gateway.start();
  const path = `/source/${webhookId}`;
  const context = await openAs(browser, gateway, { person: admin, look: DESKTOP });
  const page = await context.newPage();
  for (const damaged of [path, `${path}/logs`]) {
    await page.goto(damaged);
    expect(await page.locator(".notice-bad").first().textContent()).toContain("event file");
  }
  await page.goto("/sources?q=test");
  expect(await page.locator(".line .badge-bad").allTextContents()).toEqual(["event file unusable"]);
  await page.goto(`/source/${inUse.webhookId}/logs`);
  expect(await page.locator("tr[data-event]").count()).toBe(EVENTS_PER_PAGE);
  await context.close();
  const look = { ...PHONE, colorScheme: "dark" } as const;
  expect(await lookAt([path, `${path}/logs`, `${path}/delete`], look, faultsToReaders)).toEqual([]);
});
