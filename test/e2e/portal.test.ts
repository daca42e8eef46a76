/** A portal in a browser: alone, in another site's frame, and on a phone. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Browser } from "playwright-core";
import { z } from "zod";
import { DESKTOP, findSeriousViolations, launchBrowser, PHONE } from "../support/browser.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { freePort } from "../support/site.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(180_000);

let gateway: Gateway;
let browser: Browser;
let webhookId: string;
let parent: Bun.Server<undefined>;
let framed: string;

beforeAll(async () => {
  const port = String(freePort());
  // Another site than the one that frames it, which is at 127.0.0.1.
  const env = { PORT: port, BASE_URL: `http://localhost:${port}` };
  [gateway, browser] = await Promise.all([startGateway({ env }), launchBrowser()]);
  ({ webhookId } = await gateway.api.setUpWebhook());
  await publish();
  parent = Bun.serve({
    port: 0,
    fetch: () =>
      new Response(
        `<!doctype html><title>App</title><iframe title="Webhooks" width="900" height="900" src="${framed}">`,
        {
          headers: { "content-type": "text/html" },
        },
      ),
  });
});
afterAll(async () => {
  await browser.close();
  await gateway.remove();
  await parent.stop(true);
});

async function publish(): Promise<void> {
  const event = { type: "invoice.paid", data: { invoice: 1042 } };
  await gateway.api.request("POST", `/webhooks/${webhookId}/events`, event);
}

async function makeLink(): Promise<string> {
  const answer = await gateway.api.request("POST", `/webhooks/${webhookId}/portal-links`, {});
  return z.object({ url: z.string() }).parse(await answer.json()).url;
}

const settings = (json: unknown) => gateway.api.request("PATCH", "/portal-settings", json);

test("it works without scripts, and can be read by everybody", async () => {
  await settings({ name: "Acme", colour: "#e11d48" });
  const found: string[] = [];
  for (const look of [DESKTOP, PHONE]) {
    for (const colorScheme of ["light", "dark"] as const) {
      const context = await browser.newContext({ ...look, colorScheme });
      const page = await context.newPage();
      await page.goto(await makeLink());
      await page.getByRole("link", { name: "Add target" }).click();
      found.push(...(await findSeriousViolations(page)));
      await page.getByLabel("Name", { exact: true }).fill("Production");
      await page.getByLabel("URL").fill("http://127.0.0.1:9/hooks");
      await page.getByRole("button", { name: "Add target" }).click();
      await page.getByText("whsec_").waitFor();
      found.push(...(await findSeriousViolations(page)));
      await page.getByRole("button", { name: "Send test event" }).click();
      await page.getByRole("link", { name: "test", exact: true }).first().click();
      await page.getByRole("heading", { name: "Production" }).first().waitFor();
      found.push(...(await findSeriousViolations(page)));
      await page.getByRole("link", { name: "Overview" }).click();
      found.push(...(await findSeriousViolations(page)));
      const surplus = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth");
      if (Number(surplus) > 0) found.push(`${surplus} px too wide`);
      await context.close();
    }
  }
  expect(found).toEqual([]);
});

test("it works in the frame of the origin that is set, of another site, and in no other", async () => {
  const page = await browser.newPage();
  const origin = `http://127.0.0.1:${parent.port}`;
  await settings({ origin });
  framed = await makeLink();
  await page.goto(origin);
  const frame = page.frameLocator("iframe");
  await frame.getByRole("link", { name: "Add target" }).click();
  await frame.getByLabel("Name", { exact: true }).fill("Framed");
  await frame.getByLabel("URL").fill("http://127.0.0.1:9/framed");
  await frame.getByRole("button", { name: "Add target" }).click();
  await frame.getByText("The target was added.").waitFor();
  await gateway.api.request("DELETE", `/webhooks/${webhookId}/portal-links`);
  await frame.getByRole("link", { name: "Overview" }).click();
  await frame.getByText("This link is not valid any more").waitFor();

  await settings({ origin: "https://app.example.com" });
  framed = await makeLink();
  const refused = page.waitForEvent("console", (message) => message.text().includes("frame-ancestors"));
  await page.goto(origin);
  expect((await refused).type()).toBe("error");
  await page.close();
});
