import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import { DESKTOP, findSeriousViolations, PHONE } from "../support/browser.ts";
import { startTestEvents, type TestEvents } from "../support/test-events.ts";
import { OVER_HTTP, type Window, windowsOf } from "../support/windows.ts";

const CODE = "transformation.code";
const WRONG = "function transform(payload) {\n  return <;\n}";

let app: TestEvents;
const { open } = windowsOf(() => app);

beforeAll(async () => {
  app = await startTestEvents(OVER_HTTP);
});
afterAll(() => app.stop());

async function openForm(options: BrowserContextOptions): Promise<Window> {
  const opened = await open(`${app.path}/targets/new?type=log`, options);
  await opened.page.fill('[name="name"]', "Editor");
  return opened;
}

/** Playwright looks into open shadow trees. */
function editorOf(page: Page, name: string): Locator {
  return page.locator(`code-field:has(textarea[name="${name}"]) .cm-content`);
}

async function openEditor(page: Page, section: string, name: string): Promise<Locator> {
  await page.click(`summary:has-text("${section}")`);
  const editor = editorOf(page, name);
  await editor.waitFor();
  return editor;
}

describe("a field for code", () => {
  test("asks for the editor only once it is seen, and allows it no more than other scripts", async () => {
    const { page, complaints } = await openForm(DESKTOP);
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    const editor = await openEditor(page, "Transformation", CODE);
    expect(asked).toEqual([expect.stringMatching(/^\/assets\/editor-[0-9a-f]{12}\.js$/)]);
    expect(await editor.evaluate("document.querySelectorAll('style, [style]').length")).toBe(0);
    await page.click('summary:has-text("Filter")');
    await editorOf(page, "filter").waitFor();
    expect(asked).toHaveLength(1);
    // Refused styles and scripts are complaints.
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test("indents by Tab, is left by Escape and Tab, says so, and saves what was typed", async () => {
    const { page } = await openForm(DESKTOP);
    await openEditor(page, "Transformation", CODE);
    await page.click("label:has-text('Code')");
    expect(await page.evaluate("document.activeElement.className")).toBe("editor");
    await page.keyboard.press("Tab");
    await page.keyboard.type("function transform(payload) { return payload; }");
    expect(await page.inputValue(`[name="${CODE}"]`, { strict: true })).toBe(
      "  function transform(payload) { return payload; }",
    );
    expect(await page.locator("#keys").first().textContent()).toContain("Escape, then Tab");
    expect(await page.locator(".cm-lineNumbers").textContent()).toContain("1");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.closest('code-field')")).toBe(null);
    await page.click('button:has-text("Add target")');
    await page.waitForSelector("text=it gets every event from now on");
    const saved = (await app.useCases.targets.list(app.of)).at(-1);
    expect(saved?.transformation?.code).toBe("  function transform(payload) { return payload; }");
    await page.context().close();
  });

  test("comes back with the place of a fault marked and the cursor there", async () => {
    for (const look of [
      { ...DESKTOP, colorScheme: "light" },
      { ...PHONE, colorScheme: "dark" },
    ] as const) {
      const { page, complaints } = await openForm(look);
      const editor = await openEditor(page, "Transformation", CODE);
      await editor.fill(WRONG);
      await page.click('button:has-text("Add target")');
      await page.waitForSelector(".field-error");
      const faulty = page.locator(".cm-line.is-fault");
      await faulty.waitFor();
      expect(await faulty.textContent()).toBe("  return <;");
      await page.keyboard.press("Backspace");
      expect(await page.inputValue(`[name="${CODE}"]`)).not.toBe(WRONG);
      // It is checked again when it is sent.
      expect(await faulty.count()).toBe(0);
      await page.click('summary:has-text("Filter")');
      await editorOf(page, "filter").waitFor();
      expect(await findSeriousViolations(page)).toEqual([]);
      expect(complaints.filter((each) => !each.includes("422"))).toEqual([]);
      await page.context().close();
    }
  });

  test("marks the member of a filter that an error is about", async () => {
    const { page } = await openForm(DESKTOP);
    const editor = await openEditor(page, "Filter", "filter");
    await editor.fill('{\n  "method": "POST",\n  "body": { "amount": { "$exists": true } }\n}');
    await page.click('button:has-text("Add target")');
    const place = page.locator(".is-fault-place");
    await place.waitFor();
    expect(await place.textContent()).toBe('"$exists"');
    await page.context().close();
  });

  test("marks where code failed that was tried on stored events", async () => {
    await app.addEvent({ body: '{"order":1}' });
    const { page } = await open(`${app.path}/targets/${app.target.id}/edit`);
    const editor = await openEditor(page, "Transformation", CODE);
    await editor.fill("function transform(payload) {\n  return payload.none.there;\n}");
    await page.click('button:has-text("Try on stored events")');
    const faulty = page.locator(".cm-line.is-fault");
    await faulty.waitFor();
    expect(await faulty.textContent()).toBe("  return payload.none.there;");
    await page.context().close();
  });

  test("is a plain text area without scripts", async () => {
    const { page } = await openForm({ ...DESKTOP, javaScriptEnabled: false });
    await page.click('summary:has-text("Transformation")');
    await page.fill(`[name="${CODE}"]`, WRONG);
    await page.click('button:has-text("Add target")');
    await page.waitForSelector(".field-error:has-text('line 2, column')");
    expect(await page.inputValue(`[name="${CODE}"]`)).toBe(WRONG);
    expect(await page.locator(".editor").count()).toBe(0);
    await page.context().close();
  });
});
