import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import {
  collectComplaints,
  DESKTOP,
  findSeriousViolations,
  launchBrowser,
  PHONE,
} from "../support/browser.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { freePort } from "../support/site.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(180_000);

/** A phone shows a page that is too wide in a window that is wider than its screen. */
const SURPLUS_WIDTH = "document.documentElement.scrollWidth - Math.min(window.innerWidth, screen.width)";

let gateway: Gateway;
let receiver: Receiver;
let browser: Browser;
let password: string;

beforeAll(async () => {
  [browser, receiver] = await Promise.all([launchBrowser(), startReceiver()]);
});

afterAll(async () => {
  await browser.close();
  await receiver.close();
});

beforeEach(async () => {
  receiver.answerWith({ body: "thank you" });
  // The port is configured, so that the pages' own commands and URLs work.
  gateway = await startGateway({ env: { PORT: String(freePort()) } });
  [, password = ""] = await gateway.waitForTerminal(/password (\S+) /);
});

afterEach(() => gateway.remove());

/** A person at a browser who notices problems with the pages they visit. */
class Traveller {
  readonly page: Page;
  readonly hasScripts: boolean;
  readonly #isThorough: boolean;
  readonly found: string[] = [];
  readonly #complaints: readonly string[];

  constructor(page: Page, look: BrowserContextOptions) {
    this.page = page;
    this.hasScripts = look.javaScriptEnabled !== false;
    this.#isThorough = look.isMobile === true;
    this.#complaints = collectComplaints(page);
  }

  async lookAround(): Promise<void> {
    const { pathname } = new URL(this.page.url());
    const surplus = await this.page.evaluate(SURPLUS_WIDTH);
    if (surplus !== 0) this.found.push(`${pathname} is ${surplus} px too wide`);
    // Once is enough: the other looks have the same markup, and their colours are checked page by page.
    const faults = this.#isThorough ? await findSeriousViolations(this.page) : [];
    this.found.push(...faults.map((line) => `${pathname} ${line}`));
  }

  complaints(): readonly string[] {
    // The console also reports a form that comes back with errors as an error.
    return [...this.#complaints.filter((line) => !line.includes("status of 422")), ...this.found];
  }

  heading(name: string | RegExp): Promise<void> {
    return this.page.getByRole("heading", { level: 1, name }).waitFor();
  }

  press(name: string | RegExp): Promise<void> {
    return this.page.getByRole("button", { name }).first().click();
  }

  follow(name: string | RegExp): Promise<void> {
    return this.page.getByRole("link", { name }).first().click();
  }

  sees(text: string | RegExp): Promise<void> {
    return this.page.getByText(text).first().waitFor();
  }

  /** Does something while a page is open that follows changes by itself where scripts run. */
  async stays(act: () => Promise<void>): Promise<void> {
    if (this.hasScripts) {
      await this.page.getByText("Live", { exact: true }).waitFor();
      await this.page.evaluate("window.isSamePage = true");
    }
    await act();
    if (this.hasScripts) expect(await this.page.evaluate("window.isSamePage")).toBe(true);
  }

  /** Waits for content that appears by itself with scripts, and after a reload without them. */
  async awaits(selector: string): Promise<void> {
    const locator = this.page.locator(selector).first();
    while (!this.hasScripts && !(await locator.isVisible())) await this.page.reload();
    await locator.waitFor();
  }
}

async function withTraveller(
  look: BrowserContextOptions,
  travel: (traveller: Traveller) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ ...look, baseURL: gateway.origin });
  context.setDefaultTimeout(20_000);
  const traveller = new Traveller(await context.newPage(), look);
  await travel(traveller);
  expect(traveller.complaints()).toEqual([]);
  await context.close();
}

async function send(url: string, body: unknown): Promise<number> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  await answer.arrayBuffer();
  return answer.status;
}

async function signIn(traveller: Traveller): Promise<void> {
  const { page } = traveller;
  await page.goto("/");
  await traveller.heading("Sign in to webhooker");
  await traveller.sees("printed its password on the terminal, once");
  await traveller.lookAround();
  await page.getByLabel("Username").fill("admin");
  await page.getByLabel("Password").fill(password);
  await traveller.press("Sign in");
  await traveller.heading("Webhooks");
  await traveller.sees("Receive your first event in a minute");
  await traveller.lookAround();
}

/** Creates a webhook; resolves with the URL that the page shows for the sender. */
async function makeWebhook(traveller: Traveller): Promise<string> {
  const { page } = traveller;
  await traveller.follow("New webhook");
  await page.getByLabel("Name", { exact: true }).fill("Shop orders");
  await traveller.lookAround();
  await traveller.press("Create webhook");
  await traveller.heading("Shop orders");
  await traveller.sees("Next steps");
  const url = (await page.locator("#entrypoints .copy-text").first().textContent()) ?? "";
  await traveller.lookAround();
  await traveller.follow("Event log");
  // The webhook's page also says that there are no events.
  await page.waitForURL(/\/logs$/);
  await traveller.sees("Send one from a terminal");
  await traveller.lookAround();
  await traveller.follow("Shop orders");
  await traveller.heading("Shop orders");
  return url;
}

/** The first steps tick themselves where scripts run, up to a target that fails and is repaired. */
async function takeFirstSteps(traveller: Traveller, url: string): Promise<void> {
  const done = (step: string) => `.step-done:has-text("${step}")`;
  await traveller.stays(async () => {
    expect(await send(url, { order: -1 })).toBe(200);
    await traveller.awaits(done("Send it an event"));
    await traveller.awaits("#activity");
  });
  await addTarget(traveller);
  receiver.answerWith({ status: 503, body: "closed" });
  await traveller.stays(async () => {
    expect(await send(url, { order: 0 })).toBe(200);
    await traveller.awaits("text=The target answered 503.");
    await traveller.lookAround();
    receiver.answerWith({ body: "thank you" });
    await traveller.awaits(traveller.hasScripts ? "text=It works" : "#targets .badge-ok");
    await traveller.awaits("#targets .badge-ok");
  });
  await traveller.lookAround();
}

async function addTarget(traveller: Traveller): Promise<void> {
  const { page } = traveller;
  await page.locator(".type", { hasText: "HTTP" }).click();
  await traveller.heading(/target/i);
  await page.getByLabel("Name", { exact: true }).fill("Warehouse");
  await page.getByLabel("URL", { exact: true }).fill("https://user:password@shop.example/");
  await traveller.press("Add target");
  await page.locator(".field-error").first().waitFor();
  expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("Warehouse");
  await traveller.lookAround();
  await page.getByLabel("URL", { exact: true }).fill(`${receiver.url}/orders`);
  await traveller.press("Add target");
  await traveller.sees("it gets every event from now on");
}

async function addEntrypoint(traveller: Traveller): Promise<void> {
  const { page } = traveller;
  await page.locator("summary", { hasText: "Add an entrypoint" }).click();
  await page.locator("#entrypoint-name, #entrypoints [name=name]").first().fill("Till");
  await traveller.press("Add entrypoint");
  await traveller.sees("Give its URL to the sender");
  await traveller.lookAround();
}

/** Sends one event that arrives, and one that its target refuses at first. */
async function watchEventsArrive(traveller: Traveller, url: string): Promise<void> {
  const { page } = traveller;
  await traveller.follow("Event log");
  await page.waitForURL(/\/logs$/);
  const events = page.locator("tr[data-event]");
  await events.nth(1).waitFor();
  await traveller.stays(async () => {
    const before = receiver.requests.length;
    expect(await send(url, { order: 1 })).toBe(200);
    expect((await receiver.waitFor(before + 1)).at(-1)?.path).toBe("/orders");
    receiver.answerWith({
      status: 500,
      headers: { "content-type": "text/plain" },
      body: "the shelf is full",
    });
    expect(await send(`${url}/express?floor=2`, { order: 2, items: ["tea", "cups"] })).toBe(200);
    await traveller.awaits("tr[data-event] >> text=/express");
    expect(await events.count()).toBe(4);
  });
  await traveller.lookAround();
}

async function openAndReplay(traveller: Traveller): Promise<void> {
  const { page } = traveller;
  await page.locator("tr[data-event] a", { hasText: "/express" }).click();
  await traveller.heading(/\/express\?floor=2/);
  await traveller.awaits(".status-code >> text=500");
  await traveller.sees("the shelf is full");
  expect(await page.locator("section[aria-label=Body]").textContent()).toContain('"tea"');
  await traveller.lookAround();
  const before = receiver.requests.length;
  receiver.answerWith({ body: "thank you" });
  await traveller.press("Replay to Warehouse");
  await traveller.sees("Replaying to 1 target.");
  const replayed = (await receiver.waitFor(before + 1)).at(-1);
  expect(new TextDecoder().decode(replayed?.body)).toBe('{"order":2,"items":["tea","cups"]}');
  await traveller.awaits(".status-code >> text=200");
  await page.locator(".delivery .badge-ok").first().waitFor();
  await traveller.lookAround();
}

async function switchOffAndOn(traveller: Traveller, url: string): Promise<void> {
  const { page } = traveller;
  await traveller.follow("Shop orders");
  await traveller.heading("Shop orders");
  await traveller.press("Pause target Warehouse");
  await page.locator("#targets .badge", { hasText: "paused" }).waitFor();
  const before = receiver.requests.length;
  expect(await send(url, { order: 3 })).toBe(200);
  await page.reload();
  await traveller.lookAround();
  expect(receiver.requests).toHaveLength(before);
  await traveller.press("Resume target Warehouse");
  await page.locator("#targets .badge", { hasText: "paused" }).waitFor({ state: "detached" });

  await traveller.press("Disable entrypoint Till");
  await page.locator("#entrypoints .badge", { hasText: "disabled" }).waitFor();
  const till = (await page.locator("#entrypoints .copy-text").last().textContent()) ?? "";
  expect([await send(till, {}), await send(url, { order: 4 })].sort()).toEqual([200, 410]);
  await receiver.waitFor(before + 1);
  await traveller.press("Enable entrypoint Till");
  await page.locator("#entrypoints .badge", { hasText: "disabled" }).waitFor({ state: "detached" });
  expect(await send(till, {})).toBe(200);
}

async function deleteEverything(traveller: Traveller, url: string): Promise<void> {
  const { page } = traveller;
  await traveller.follow("Delete entrypoint Till");
  await traveller.heading("Delete entrypoint “Till”?");
  await traveller.lookAround();
  await traveller.press("Delete entrypoint");
  await traveller.sees("Entrypoint “Till” was deleted");
  await traveller.follow("Delete target Warehouse");
  await traveller.heading("Delete target “Warehouse”?");
  await traveller.lookAround();
  await traveller.press("Delete target");
  await traveller.sees("Target “Warehouse” was deleted");
  await traveller.follow("Settings");
  await traveller.follow("Delete this webhook");
  await traveller.sees("This will be permanently deleted");
  await traveller.lookAround();
  await page.getByLabel("Type the webhook’s name to confirm").fill("Shop orders");
  await traveller.press("Delete webhook");
  await traveller.sees("was deleted with all its events");
  expect(await send(url, { order: 5 })).toBe(404);
}

async function signOut(traveller: Traveller): Promise<void> {
  await traveller.press("Sign out");
  await traveller.sees("You are signed out.");
  await traveller.page.goto("/sources");
  await traveller.heading("Sign in to webhooker");
}

describe("from the printed password to the last event", () => {
  test.each<[string, BrowserContextOptions]>([
    ["on a desk", DESKTOP],
    ["without scripts", { ...DESKTOP, javaScriptEnabled: false }],
    ["on a phone in dark", { ...PHONE, colorScheme: "dark" }],
  ])("everything can be done, %s", (_name, look) =>
    withTraveller(look, async (traveller) => {
      await signIn(traveller);
      const url = await makeWebhook(traveller);
      await takeFirstSteps(traveller, url);
      await addEntrypoint(traveller);
      await watchEventsArrive(traveller, url);
      await openAndReplay(traveller);
      await switchOffAndOn(traveller, url);
      await deleteEverything(traveller, url);
      await signOut(traveller);
    }),
  );
});
