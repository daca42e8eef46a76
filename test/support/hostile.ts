/** Text that an attacker may write into any field, to have it run on a page that shows it. */
import type { Page } from "playwright-core";

/** Each fits into a name. Any script that runs sets `window.pwned`. */
export const HOSTILE = [
  `"'><img src=x onerror="window.pwned=1"><script>window.pwned=1</script></title></textarea></script></style>`,
  `x" onmouseover="window.pwned=1" autofocus onfocus="window.pwned=1" style="all:unset"><svg onload="window.pwned=1">`,
  'javascript:window.pwned=1//<a href="javascript:window.pwned=1">a</a><div hx-get="/profile" hx-trigger="load">b</div>',
  "\u202Egnp.exe\u2066\u0000<b>bold</b>{{7*7}}#{7*7}<%= 7*7 %>&lt;script&gt;&#60;b&#62;</template><!--",
] as const;

/** 10 KB made of all of them. */
export const LONG_HOSTILE = `${HOSTILE.join(" ")} `.repeat(30).slice(0, 10_240);

/** Elements that no page of the dashboard has by itself. */
const STRANGERS = [
  // The program's own QR code has no text of anybody's but in its picture. The code editor places its lines by styles.
  "body img:not(.qr-code[src^='data:image/svg+xml;base64,'], .cm-widgetBuffer:not([src])), [style]:not(.cm-editor *)",
  "body style, body script, body template, head script:not([src]), a[href^='javascript' i]",
  "svg[onload], [onerror], [onfocus], [onmouseover], body b, [hx-get='/profile']",
  "meta[http-equiv], base, iframe, object, embed",
].join(", ");

/** Lists what the text has done to this page: scripts that ran, elements that appeared. */
export async function damageOn(page: Page): Promise<readonly string[]> {
  // Many attacks wait until they are shown or touched.
  await page.evaluate(`for (const details of document.querySelectorAll("details")) details.open = true;
    for (const element of document.querySelectorAll("a, button, input, summary")) {
      element.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
      element.focus();
    }`);
  const strangers = await page.locator(STRANGERS).evaluateAll((all) => all.map(String));
  const hasRun = await page.evaluate("'pwned' in window");
  return [...strangers, ...(hasRun ? ["something ran"] : [])];
}

/** The text as pages show it: parsers drop NUL, and layout collapses white space. */
export function asShown(text: string): string {
  return text.replaceAll("\0", "").replaceAll("\uFFFD", "").replace(/\s+/g, " ").trim();
}
