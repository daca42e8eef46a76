/** Runs a real Chromium from npm, for tests that look at pages as people do. */
import chromium from "@sparticuz/chromium";
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, type Page, chromium as playwright } from "playwright-core";
import { z } from "zod";

/** Left out: with one process a closed window ends the browser, and the others lift limits that the tests check. */
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

/** The colours half-way through a transition belong to no design and may fail the contrast check. */
const FINISH_ANIMATIONS = "for (const animation of document.getAnimations()) animation.finish()";

/** Collects violations only: the pages' lists are long. */
const RUN_AXE = `axe.run({ resultTypes: ["violations"], preload: false }).then(({ violations }) => violations)`;

/** Lists what axe-core finds serious or worse, one line each. */
export async function findSeriousViolations(page: Page): Promise<readonly string[]> {
  // With motion allowed, a transition could begin after the running ones were finished.
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.evaluate(FINISH_ANIMATIONS);
  // Evaluated, as the pages' content security policy refuses an added script.
  await page.evaluate(axe.source);
  const found = violations.parse(await page.evaluate(RUN_AXE));
  await page.emulateMedia({ reducedMotion: null });
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

/** Collects the errors and warnings of a page: script errors, refused resources, policy violations. */
export function collectComplaints(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  return complaints;
}

/** Runs `work` for every item, two at once: one page can be examined while another is drawn. */
export async function twoAtOnce<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all([worker(), worker()]);
}
