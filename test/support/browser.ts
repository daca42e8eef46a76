/** Runs a real Chromium from npm, for tests that look at pages as people do. */
import chromium from "@sparticuz/chromium";
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, type Page, chromium as playwright } from "playwright-core";
import { z } from "zod";

/**
 * Left out: with one process a closed window ends the browser, without a zygote each window's process starts from the file,
 * and the others lift limits that the tests check.
 */
const UNFIT = /^--(single-process|no-zygote|disable-web-security|allow-running-insecure-content)$/;

const MORE_ARGUMENTS = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Else a graphics card is imitated to draw what nobody sees: half of all CPU time.
  "--disable-gpu",
];

export async function launchBrowser(): Promise<Browser> {
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    args: [...chromium.args.filter((argument) => !UNFIT.test(argument)), ...MORE_ARGUMENTS],
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

/** The slowest of the rules whose violations are never serious. */
const MODERATE_RULES = Object.fromEntries(
  ["region", "landmark-unique", "empty-heading", "presentation-role-conflict", "page-has-heading-one"].map(
    (rule) => [rule, { enabled: false }],
  ),
);

/** Collects violations only: the pages' lists are long. */
const RUN_AXE = `axe.run({ resultTypes: ["violations"], preload: false, rules: ${JSON.stringify(MODERATE_RULES)} }).then(({ violations }) => violations)`;

/** Lists what axe-core finds serious or worse, one line each. */
export async function findSeriousViolations(page: Page): Promise<readonly string[]> {
  // With motion allowed, a transition could begin after the running ones were finished.
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.evaluate(FINISH_ANIMATIONS);
  await bringAxe(page);
  const found = violations.parse(await page.evaluate(RUN_AXE));
  await page.emulateMedia({ reducedMotion: null });
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

const prepared = new WeakSet<Page>();

/** Evaluates it, as the pages' content security policy refuses an added script; sends it once for all of a window's pages. */
async function bringAxe(page: Page): Promise<void> {
  if (!prepared.has(page)) {
    prepared.add(page);
    await page.addInitScript(axe.source);
  }
  // Not there on a page that was open before, or has no scripts.
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axe.source);
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

/**
 * Visits every path, in two windows at once: one page can be examined while another is drawn. A window for each visit would
 * cost a process, which takes twice as long as most pages.
 */
export async function visitAll<Window extends Readonly<{ page: Page }>>(
  paths: Iterable<string>,
  open: () => Promise<Window>,
  visit: (window: Window, path: string) => Promise<void>,
): Promise<void> {
  const waiting = [...paths];
  const walk = async () => {
    const window = await open();
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) await visit(window, path);
    await window.page.context().close();
  };
  await Promise.all([walk(), walk()]);
}
