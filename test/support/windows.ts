/** Windows of a real browser for the tests of one file. */
import { afterAll, beforeAll, setDefaultTimeout } from "bun:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { collectComplaints, DESKTOP, launchBrowser } from "./browser.ts";

type Site = Readonly<{
  url: string;
  /** The cookies of somebody who is signed in. */
  browserState?: () => Promise<Exclude<BrowserContextOptions["storageState"], undefined>>;
}>;

export type Window = Readonly<{ page: Page; complaints: readonly string[] }>;

/** For dashboards in windows: a browser keeps their cookies over plain HTTP only if they are not for HTTPS. */
export const OVER_HTTP = { BASE_URL: "http://hooks.example" } as const;

/** Launches a browser for the tests of this file. `site` is called for each window. */
export function windowsOf(site: () => Site) {
  // A browser that starts beside other tests needs time.
  setDefaultTimeout(120_000);
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  /** Opens a window of its own look, with cookies of its own. */
  async function openEmpty(options: BrowserContextOptions): Promise<Window> {
    const { url, browserState } = site();
    const storageState = await browserState?.();
    const context = await browser.newContext({
      baseURL: url,
      ...(storageState && { storageState }),
      ...options,
    });
    const page = await context.newPage();
    return { page, complaints: collectComplaints(page) };
  }

  return {
    openEmpty,
    async open(path: string, options: BrowserContextOptions = DESKTOP): Promise<Window> {
      const window = await openEmpty(options);
      await window.page.goto(path);
      return window;
    },
  };
}
