/** A real Chromium from npm, for looking at pages as people do. */
import chromium from "@sparticuz/chromium";
import { type Browser, type BrowserContextOptions, chromium as playwright } from "playwright-core";

/** One closed window would end the whole browser; and what pages may do is part of what is tested. */
const UNFIT = /^--(single-process|disable-web-security|allow-running-insecure-content)$/;

export async function launchBrowser(): Promise<Browser> {
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    args: [
      ...chromium.args.filter((argument) => !UNFIT.test(argument)),
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
    headless: true,
  });
}

export const DESKTOP: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};
