/** A real Chromium from npm, for looking at pages as people do. */
import chromium from "@sparticuz/chromium";
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, type Page, chromium as playwright } from "playwright-core";
import { z } from "zod";

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

const violations = z.array(
  z.object({ id: z.string(), impact: z.string().nullable(), nodes: z.array(z.object({ html: z.string() })) }),
);

/** Colours on their way to others are those of no design. */
const FINISH_ANIMATIONS = "for (const animation of document.getAnimations()) animation.finish()";

/** What is not asked for is not gathered: the pages' lists are long. */
const RUN_AXE = `axe.run({ resultTypes: ["violations"], preload: false }).then(({ violations }) => violations)`;

/** What axe-core finds serious or worse, each as one line. */
export async function findSeriousViolations(page: Page): Promise<readonly string[]> {
  // Without motion no colour begins to change while axe looks; with it, one may after the others were finished.
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.evaluate(FINISH_ANIMATIONS);
  // Evaluated and not added as a script, which the pages' policy would refuse.
  await page.evaluate(axe.source);
  const found = violations.parse(await page.evaluate(RUN_AXE));
  await page.emulateMedia({ reducedMotion: null });
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

/** Collects what a page complains of: script errors, refused resources, policy violations. */
export function collectComplaints(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  return complaints;
}

/** Works a list off, two at once: while one page is drawn another can be looked at. */
export async function twoAtOnce<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all([worker(), worker()]);
}
