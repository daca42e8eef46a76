import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { collectComplaints, DESKTOP, launchBrowser, visitAll } from "../support/browser.ts";
import type { Gateway } from "../support/gateway.ts";
import { asShown, damageOn, HOSTILE, LONG_HOSTILE } from "../support/hostile.ts";
import { type ReceivedRequest, type Receiver, startReceiver } from "../support/receiver.ts";
import { addressOf, listRegisteredRoutes } from "../support/registered-routes.ts";
import {
  addToServer,
  administrator,
  type Ids,
  idsOf,
  openAs,
  type Person,
  rejectOne,
  signIn,
  startSite,
} from "../support/site.ts";
import { exchange } from "./raw-exchange.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(180_000);

/** Neither pages nor viewable text: routes for programs and senders, and streams. */
const NO_PAGE = /^\/(api|webhook|assets|portal|metrics|livez|readyz|\.well-known)(\/|$)|\/live$/;
const PARAMETERS = ["q", "next", "page", "cursor", "status", "zone", "from", "to", "range", "method"];
const MORE_PARAMETERS = ["target", "entrypoint", "type", "body", "download", "made", "imported", "user"];

type Victim = Readonly<{ text: string; path: string; pages: readonly string[]; events: readonly string[] }>;

let gateway: Gateway;
let receiver: Receiver;
let browser: Browser;
let admin: Person;
let routes: readonly string[];
let service: Ids;
let victims: readonly Victim[];

beforeAll(async () => {
  const [site, answering, chromium, registered] = await Promise.all([
    startSite(),
    startReceiver({ script: answerHostile }),
    launchBrowser(),
    listRegisteredRoutes(),
  ]);
  [gateway, receiver, browser] = [site, answering, chromium];
  admin = await administrator(gateway);
  routes = registered
    .filter(({ method, path }) => method === "GET" && !NO_PAGE.test(path))
    .map(({ path }) => path);
  for (const text of HOSTILE) {
    await signIn(gateway, { ...admin, userAgent: headerText(text) });
    await post("/profile/api-keys", { name: text });
  }
  service = await addToServer(gateway, admin);
  victims = await Promise.all(HOSTILE.map(makeVictim));
});

afterAll(async () => {
  await browser.close();
  await gateway.remove();
  await receiver.close();
});

/** Returns what a header or a request line can carry, as the bytes of its UTF-8. */
function headerText(text: string): string {
  return Buffer.from(text.replaceAll("\u0000", ""), "utf8").toString("latin1");
}

function answerHostile({ path, body }: ReceivedRequest): { raw: string | Uint8Array } {
  const text = Buffer.from(body).toString("utf8");
  if (path.startsWith("/garbage")) return { raw: text };
  const header = headerText(LONG_HOSTILE);
  const head = [
    `HTTP/1.1 500 ${headerText(HOSTILE[0])}`,
    "Content-Type: text/html",
    "Connection: close",
    ...HOSTILE.map((value, index) => `X-Hostile-${index}: ${headerText(value)}`),
    `X-Long: ${header}`,
  ];
  return { raw: Buffer.from(`${head.join("\r\n")}\r\n\r\n${text}${headerText(LONG_HOSTILE)}`, "latin1") };
}

async function post(path: string, form: Record<string, string>): Promise<void> {
  const answer = await fetch(gateway.origin + path, {
    method: "POST",
    headers: { cookie: admin.cookie, "sec-fetch-site": "same-origin" },
    body: new URLSearchParams(form),
    redirect: "manual",
  });
  if (answer.status !== 303) throw new Error(`${path} was answered ${answer.status}`);
}

async function create(path: string, body: unknown): Promise<string> {
  const answer = await gateway.api.request("POST", path, body);
  const made: unknown = await answer.json();
  const isMade = typeof made === "object" && made !== null && "id" in made && typeof made.id === "string";
  if (!isMade) throw new Error(`${path} was answered ${answer.status}: ${JSON.stringify(made)}`);
  return String(made.id);
}

/** Creates a webhook with this text in every field. */
async function makeVictim(text: string): Promise<Victim> {
  const webhookId = await create("/webhooks", { name: text });
  const api = `/webhooks/${webhookId}`;
  const entrypointId = await create(`${api}/entrypoints`, { name: text });
  const policy = { type: "http", max_attempts: 1 };
  const url = `${receiver.url}/answer/${encodeURIComponent(text.replaceAll("\u0000", ""))}`;
  const headers = { "X-'!#$%&*+.^_`|~": text.replace(/[^\x20-\x7e]/g, "") };
  const targetId = await create(`${api}/targets`, { ...policy, name: text, config: { url, headers } });
  const garbage = { ...policy, name: text, config: { url: `${receiver.url}/garbage` } };
  await create(`${api}/targets`, garbage);
  const json = JSON.stringify({ [text]: [text, { [text]: LONG_HOSTILE }] });
  await sendHostile(entrypointId, text, { type: "application/json", body: json });
  const form = new URLSearchParams([
    [text, text],
    ["payload", json],
  ]);
  await sendHostile(entrypointId, text, { type: "application/x-www-form-urlencoded", body: String(form) });
  await sendHostile(entrypointId, text, { type: "text/html", body: text });
  await sendHostile(entrypointId, text, { type: headerText(text), body: `${text}\u0000\u0001\u0002` });
  const events = await gateway.api.waitUntilSettled(webhookId);
  const [newest] = events;
  const { deliveries } = await gateway.api.getEvent(webhookId, newest?.id ?? "");
  const resultId = deliveries.flatMap(({ results }) => results).find((one) => one.status_code === 500)?.id;
  const ids = idsOf({
    webhookId,
    entrypointId,
    targetId,
    eventId: newest?.id ?? "",
    resultId: resultId ?? "",
    replayId: await gateway.api.createReplay(webhookId),
    rejectedId: await rejectOne(gateway, {
      api: gateway.api,
      setup: { webhookId, entrypointId },
      body: text,
    }),
  });
  return {
    text,
    path: `/source/${webhookId}`,
    pages: routes.map((path) => addressOf(path, { ...ids, ...service })),
    events: events.map(({ id }) => `/source/${webhookId}/events/${id}`),
  };
}

/** Sends path, query and headers unchanged, as no client would. */
async function sendHostile(
  entrypointId: string,
  text: string,
  { type, body }: { type: string; body: string },
): Promise<void> {
  const target = headerText(text).replaceAll(" ", "%20").replaceAll("#", "%23");
  const bytes = Buffer.from(body, "utf8");
  const head = [
    `POST /webhook/${entrypointId}/${target}?${target}=${headerText(LONG_HOSTILE.slice(0, 2_000)).replaceAll(" ", "+")} HTTP/1.1`,
    "Host: localhost",
    "Connection: close",
    `Content-Type: ${type}`,
    `User-Agent: ${headerText(text)}`,
    `X-Hostile: ${headerText(text)}`,
    `X-Long: ${headerText(LONG_HOSTILE)}`,
    `Content-Length: ${bytes.byteLength}`,
  ];
  const answer = await exchange(gateway.port, `${head.join("\r\n")}\r\n\r\n${bytes.toString("latin1")}`);
  if (answer.status !== 200) throw new Error(`an event was answered ${answer.status}: ${answer.body}`);
}

async function open(options: { bypassCSP: boolean }): Promise<{ context: BrowserContext; page: Page }> {
  const context = await openAs(browser, gateway, { person: admin, look: { ...DESKTOP, ...options } });
  return { context, page: await context.newPage() };
}

/** Opens viewable responses; a download is no page. */
async function damageAt(page: Page, path: string): Promise<readonly string[]> {
  const answer = await page.goto(path).catch((error: Error) => {
    if (error.message.includes("Download is starting")) return null;
    throw error;
  });
  if (answer === null) return [];
  const headers = await answer.allHeaders();
  if (headers["content-type"]?.startsWith("text/html") === true) {
    return (await damageOn(page)).map((line) => `${path}: ${line}`);
  }
  // Plain text, which the browser must not interpret.
  const isPlain =
    headers["content-type"] === "text/plain; charset=utf-8" &&
    headers["x-content-type-options"] === "nosniff";
  return isPlain ? [] : [`${path} is ${headers["content-type"]}`];
}

async function shownText(page: Page): Promise<string> {
  return asShown((await page.locator("body").textContent()) ?? "");
}

describe("hostile text in every field", () => {
  test.each(HOSTILE.map((text, index) => [JSON.stringify(text), index] as const))(
    "does nothing on any page, even without a content policy, and is shown: %s",
    async (_name, index) => {
      const victim = victims[index];
      if (victim === undefined) throw new Error("there is no such victim");
      const damage: string[] = [];
      // Pages of all webhooks together show all texts at once, and are checked once.
      const all = [...victim.pages, ...victim.events];
      const paths = new Set(index === 0 ? all : all.filter((each) => each.startsWith(victim.path)));
      const unprotected = () => open({ bypassCSP: true });
      await visitAll(paths, unprotected, async ({ page }, path) => {
        damage.push(...(await damageAt(page, path)));
      });
      expect(damage).toEqual([]);

      const { context, page } = await unprotected();
      const text = asShown(victim.text);
      await page.goto(victim.path);
      expect(asShown((await page.locator("h1").textContent()) ?? "")).toStartWith(text);
      expect(asShown(await page.title())).toStartWith(text);
      for (const part of ["#entrypoints h3", "#targets h3"]) {
        expect(asShown((await page.locator(part).last().textContent()) ?? "")).toBe(text);
      }
      const [binary = "", html = "", form = "", json = ""] = victim.events;
      for (const [path, count] of [
        [html, 5],
        [form, 5],
        [json, 5],
        [binary, 4],
      ] as const) {
        await page.goto(path);
        // In the names of the targets; and in headers, body and response where nothing encodes it differently.
        const least = /^[ -~]+$/.test(text) ? count : 2;
        const found = (await shownText(page)).split(text).length - 1;
        expect([path, found >= least]).toEqual([path, true]);
      }
      await page.goto("/profile");
      expect(await shownText(page)).toContain(text);
      await context.close();
    },
  );

  test("never triggers the content security policy", async () => {
    const { context, page } = await open({ bypassCSP: false });
    const complaints = collectComplaints(page);
    for (const { path, events } of victims.slice(0, 3)) {
      for (const each of [path, `${path}/logs`, ...events]) await damageAt(page, each);
    }
    await damageAt(page, "/profile");
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("is inert in a row that arrives live", async () => {
    const { context, page } = await open({ bypassCSP: true });
    const [{ path, pages } = { path: "", pages: [] }] = victims;
    const entrypointId = pages.join("\n").match(/entrypoints\/([^/]+)\/edit/)?.[1] ?? "";
    await page.goto(`${path}/logs`);
    await page.getByText("Live", { exact: true }).waitFor();
    const before = await page.locator("tr[data-event]").count();
    for (const text of HOSTILE) {
      await sendHostile(entrypointId, text, { type: headerText(text), body: text });
    }
    await page.locator(`tr[data-event] >> nth=${before + HOSTILE.length - 1}`).waitFor();
    expect(await damageOn(page)).toEqual([]);
    await context.close();
  });

  test("is inert in the parameters of any page's URL, and in a cookie", async () => {
    const unprotected = () => open({ bypassCSP: true });
    const [victim] = victims;
    const damage: string[] = [];
    const paths = [...new Set(victim?.pages)].filter((path) => !/\/(body|curl)$/.test(path));
    await visitAll(paths, unprotected, async ({ context, page }, path) => {
      const text = HOSTILE[paths.indexOf(path) % HOSTILE.length] ?? "";
      const query = new URLSearchParams(
        [...PARAMETERS, ...MORE_PARAMETERS].map((name) => [name, text] satisfies [string, string]),
      );
      const flash = Buffer.from(JSON.stringify({ tone: "ok", text })).toString("base64url");
      await context.addCookies([{ name: "webhooker_flash", value: flash, url: gateway.origin }]);
      damage.push(...(await damageAt(page, `${path}?${query}`)));
    });
    expect(damage).toEqual([]);
    const { context, page } = await unprotected();
    await context.clearCookies();
    for (const text of HOSTILE) {
      damage.push(...(await damageAt(page, `/pages/login?next=${encodeURIComponent(text)}`)));
      // One of the form with the password, and one of that with a passkey.
      for (const field of await page.locator("[name=next]").all())
        expect(new URL(await field.inputValue(), gateway.origin).origin).toBe(gateway.origin);
    }
    expect(damage).toEqual([]);
    await context.close();
  });

  test("comes back from a form as it was typed, and is inert", async () => {
    const { context, page } = await open({ bypassCSP: true });
    const forms = [
      { path: "/sources/new", field: "name", button: "Create webhook" },
      { path: "/admin/users", field: "username", button: "Add user" },
      { path: "/profile", field: "name", button: "Create key" },
      { path: `${victims[0]?.path}/edit`, field: "name", button: "Save" },
    ];
    for (const { path, field, button } of forms) {
      await page.goto(path);
      await page.evaluate(
        "for (const field of document.querySelectorAll('[maxlength]')) field.removeAttribute('maxlength')",
      );
      const typed = LONG_HOSTILE.replaceAll("\u0000", "");
      await page.locator(`.form [name=${field}], form [name=${field}]:visible`).first().fill(typed);
      await page.getByRole("button", { name: button }).click();
      await page.locator(".field-error, .notice-bad").first().waitFor();
      expect([path, await page.locator(`[name=${field}]:visible`).first().inputValue()]).toEqual([
        path,
        typed,
      ]);
      expect(await damageOn(page)).toEqual([]);
    }
    await context.clearCookies();
    for (const text of [...HOSTILE, LONG_HOSTILE]) {
      await page.goto("/pages/login");
      await page.getByLabel("Username").fill(text);
      await page.getByLabel("Password").fill("wrong");
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await page.getByRole("alert").waitFor();
      expect(await damageOn(page)).toEqual([]);
    }
    await context.close();
  });
});
