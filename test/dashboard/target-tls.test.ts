import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type SourcePages, startSourcePages } from "../support/webhook-pages.ts";

const fixture = (name: string) => readFileSync(join(import.meta.dir, "../support/tls", name), "utf8");
/** With line ends as browsers send them. */
const typed = (name: string) => fixture(name).replaceAll("\n", "\r\n");

let all: SourcePages;
beforeAll(async () => {
  all = await startSourcePages();
});
afterAll(() => all.stop());

const FORM = { name: "Bank", type: "http", url: "https://bank.example/in", follow_redirects: "true" };
const IDENTITY = {
  tls_ca: typed("authority.crt"),
  tls_client_certificate: typed("gateway-client.crt"),
  tls_client_key: typed("gateway-client.key"),
};

test("a target's certificates are entered in its form; the key is not shown again, kept, and removed on request", async () => {
  await all.pages.post(`${all.paths.webhook}/targets`, { ...FORM, ...IDENTITY });
  const made = (await all.useCases.targets.list(all.of)).find(({ name }) => name === "Bank");
  const path = `${all.paths.webhook}/targets/${made?.id}`;
  const config = async () => (await all.useCases.targets.get({ ...all.of, targetId: made?.id ?? "" })).config;
  expect(await config()).toMatchObject({
    follow_redirects: true,
    tls_ca: fixture("authority.crt"),
    tls_client_certificate: fixture("gateway-client.crt"),
    tls_client_key: "[secret]",
  });
  const { html } = await all.pages.get(`${path}/edit`);
  expect(html).toContain(fixture("gateway-client.crt").trim());
  expect(html).not.toContain("PRIVATE KEY-----\nMI");
  const kept = {
    ...FORM,
    tls_ca: "",
    tls_client_certificate: IDENTITY.tls_client_certificate,
    tls_client_key: "",
  };
  await all.pages.post(`${path}/edit`, kept);
  expect(await config()).toMatchObject({ tls_client_key: "[secret]" });
  expect(await config()).not.toHaveProperty("tls_ca");
  const alone = { ...FORM, tls_client_certificate: "", tls_client_key: "" };
  const answer = await all.pages.post(`${path}/edit`, alone);
  expect([answer.status, answer.html.includes("or remove the key")]).toEqual([422, true]);
  const removal = /name="([^"]+)"[^>]*>\s*<span>Remove: Private key/.exec(answer.html)?.[1] ?? "";
  await all.pages.post(`${path}/edit`, { ...alone, [removal]: "true" });
  expect(await config()).not.toHaveProperty("tls_client_key");
});

test("an invalid certificate is reported beside its field, in the section that is then open", async () => {
  const { status, html } = await all.pages.post(`${all.paths.webhook}/targets`, {
    ...FORM,
    tls_ca: "hunter2",
  });
  expect(status).toBe(422);
  expect(html).toMatch(/<details class="more" open[^>]*><summary><span>TLS</);
  expect(html).toContain("Must be in PEM");
});
