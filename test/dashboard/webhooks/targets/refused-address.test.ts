import { afterAll, beforeAll, expect, test } from "bun:test";
import { type SourcePages, startSourcePages } from "../../../support/webhook-pages.ts";

let all: SourcePages;
beforeAll(async () => {
  all = await startSourcePages();
});
afterAll(() => all.stop());

async function warningFor(url: string): Promise<string | null> {
  const target = await all.useCases.targets.create({
    ...all.of,
    input: { name: "Near", type: "http", config: { url } },
  });
  return target.warning;
}

test("a target with an address that no target may reach is saved, with a warning that stays beside it", async () => {
  const form = { name: "Near", type: "http", url: "http://169.254.169.254/" };
  const saved = await all.pages.post(`${all.paths.webhook}/targets`, form);
  expect(saved.status).toBe(303);
  expect(saved.flash).toContain(
    "Every delivery will fail, because address 169.254.169.254 serves cloud metadata",
  );
  const { html } = await all.pages.get(all.paths.webhook);
  expect(html).toContain("Every delivery will fail, because address 169.254.169.254 serves cloud metadata");
});

test("the warning is about what the URL's text tells, and about what is not allowed", async () => {
  for (const url of ["http://10.0.0.1/", "https://[::1]:8443/", "http://0xa.1/"]) {
    expect(await warningFor(url)).toMatch(/^Every delivery will fail, because address .+ to allow it\.$/);
  }
  for (const url of ["http://127.0.0.1/", "https://1.1.1.1/", "https://name.example/"]) {
    expect(await warningFor(url)).toBeNull();
  }
});
