/** `bun run pictures`: takes the README's pictures with the compiled executable. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { DESKTOP, launchBrowser, PHONE } from "../support/browser.ts";
import { administrator, type Person, startSite } from "../support/site.ts";
import { fillDay, setUpWebhook, type WebhookSetup } from "./pictures-data.ts";

const FOLDER = join(import.meta.dir, "../../.github/pictures");
const LIGHT: BrowserContextOptions = { ...DESKTOP, colorScheme: "light", deviceScaleFactor: 1.5 };
const DARK: BrowserContextOptions = { ...LIGHT, colorScheme: "dark" };
const WHERE = { locale: "en-GB", timezoneId: "Europe/Berlin" };
const QUALITY = 0.86;

const CI = { name: "Build server", type: "http", config: { url: "https://ci.example.com/hooks/github" } };
const CHAT = {
  name: "Chat, #deploys",
  type: "slack",
  config: { url: "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXX" },
};
const ARCHIVE = { name: "Audit", type: "http", config: { url: "https://audit.example.com/github" } };
const WISHES = [
  {
    wish: { name: "CI results", entrypoints: ["Runners"], targets: [CHAT] },
    day: { share: 0.6, failing: false },
  },
  {
    wish: { name: "GitHub", entrypoints: ["Organisation", "Sandbox"], targets: [CI, CHAT, ARCHIVE] },
    day: { share: 1, failing: true },
  },
  {
    wish: { name: "Shop orders", entrypoints: ["Shop"], targets: [ARCHIVE] },
    day: { share: 0.3, failing: false },
  },
];

// The URL that people would see behind a proxy with TLS; the pictures' browser connects directly.
const gateway = await startSite({ BASE_URL: "https://hooks.example.com" });
const browser = await launchBrowser();
try {
  const setups: WebhookSetup[] = [];
  for (const { wish } of WISHES) setups.push(await setUpWebhook(gateway, wish));
  const admin = await administrator(gateway);
  await gateway.stop();
  const events = WISHES.map(({ day }, index) => {
    const setup = setups[index];
    if (setup === undefined) throw new Error("a webhook was not made");
    return { path: `/source/${setup.webhookId}`, eventId: fillDay(gateway, setup, day) };
  });
  await gateway.start();
  const { path, eventId } = events[1] ?? { path: "", eventId: "" };
  mkdirSync(FOLDER, { recursive: true });
  const take = (name: string, at: string, look: BrowserContextOptions) =>
    picture(browser, { name, at, look, person: admin });
  await take("webhook", path, { ...LIGHT, viewport: { width: 1280, height: 1080 } });
  await take("event-log", `${path}/logs`, LIGHT);
  await take("event", `${path}/events/${eventId}`, LIGHT);
  await take("webhooks-dark", "/sources", { ...DARK, viewport: { width: 1280, height: 450 } });
  await take("phone", `${path}/logs`, { ...PHONE, colorScheme: "light" });
} finally {
  await browser.close();
  await gateway.remove();
}

type Wanted = Readonly<{ name: string; at: string; look: BrowserContextOptions; person: Person }>;

async function picture(with_: Browser, { name, at, look, person }: Wanted): Promise<void> {
  const baseURL = gateway.origin.replace("127.0.0.1", "localhost");
  const context = await with_.newContext({ ...look, ...WHERE, baseURL });
  // A cookie of an HTTPS URL, which browsers send to this host only.
  const [cookie = "", value = ""] = person.cookie.split("=", 2);
  await context.addCookies([{ name: cookie, value, domain: "localhost", path: "/", secure: true }]);
  const page = await context.newPage();
  await page.goto(at);
  if (at.endsWith("/logs")) await page.getByText("Live", { exact: true }).waitFor();
  const png = await page.screenshot();
  const webp = await toWebp(await context.newPage(), png);
  await Bun.write(join(FOLDER, `${name}.webp`), webp);
  process.stdout.write(`${name}.webp ${Math.ceil(webp.byteLength / 1_000)} KB\n`);
  await context.close();
}

/** Compressed by the browser: a picture needs a quarter of its PNG's bytes. */
async function toWebp(page: Page, png: Buffer): Promise<Buffer> {
  const packed = await page.evaluate<string>(`(async () => {
    const image = new Image();
    image.src = "data:image/png;base64,${png.toString("base64")}";
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL("image/webp", ${QUALITY});
  })()`);
  return Buffer.from(packed.split(",", 2)[1] ?? "", "base64");
}
