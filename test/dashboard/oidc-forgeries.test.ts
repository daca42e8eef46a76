/** Forged answers of a provider of OpenID Connect let nobody in. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import {
  createTestBrowser,
  type SignInSite,
  startSignInSite,
  type TestBrowser,
} from "../support/oidc/browser.ts";
import type { Forged } from "../support/oidc/forged-token.ts";
import { CLIENT_SECRET, newSigningKey } from "../support/oidc/provider.ts";

let site: SignInSite;
let browser: TestBrowser;

beforeAll(async () => {
  site = await startSignInSite();
});
afterAll(() => site.stop());
beforeEach(() => {
  site.provider.signInAs("subject-1", { email: "ada@example.com", email_verified: true });
  site.provider.forge((token) => token);
  browser = createTestBrowser(site);
});

const lastCode = () =>
  site.dashboard.audit.search({ readerId: null, action: "session.create", limit: 1 }).entries[0]?.code;

async function expectRefusal(answer: Response, code: string): Promise<void> {
  expect(answer.headers.get("location")).toStartWith("/pages/login");
  expect(answer.headers.getSetCookie().join()).not.toContain("webhooker_session=");
  expect(await browser.username()).toBeNull();
  expect(lastCode()).toBe(code);
}

test("what is not forged lets in", async () => {
  await browser.signIn();
  expect(await browser.username()).toBe("ada@example.com");
});

describe("a callback", () => {
  const changed = (path: string, change: (query: URLSearchParams) => void): string => {
    const url = new URL(path, "http://x");
    change(url.searchParams);
    return url.pathname + url.search;
  };
  const back = async () => browser.visitProvider(await browser.start());

  test.each([
    ["without a state", "sign_in_not_started", (query) => query.delete("state")],
    ["with another state", "sign_in_not_started", (query) => query.set("state", "A".repeat(43))],
    ["with a changed state", "sign_in_not_started", (query) => query.set("state", `${query.get("state")}x`)],
    ["with two states", "provider_answer_refused", (query) => query.append("state", "x")],
    ["with another code", "provider_answer_refused", (query) => query.set("code", "x".repeat(43))],
    ["without a code", "provider_answer_refused", (query) => query.delete("code")],
    ["with another issuer", "provider_answer_refused", (query) => query.set("iss", "https://evil.example")],
    ["without the issuer", "provider_answer_refused", (query) => query.delete("iss")],
  ] satisfies [string, string, (query: URLSearchParams) => void][])(
    "%s is refused",
    async (_what, code, change) => {
      await expectRefusal(await browser.ask(changed(await back(), change)), code);
    },
  );

  test("that says an error lets nobody in", async () => {
    const answer = await browser.ask(
      changed(await back(), (query) => {
        query.delete("code");
        query.set("error", "access_denied");
        query.set("error_description", "<b>ring us at 555</b>");
      }),
    );
    expect(await browser.flash(answer)).toBe("Keycloak did not let you in.");
    await expectRefusal(answer, "provider_denied");
  });

  test("that is replayed is refused, with its cookie too", async () => {
    const path = await back();
    const before = new Map(browser.site);
    await browser.ask(path);
    expect(await browser.username()).toBe("ada@example.com");
    const thief = createTestBrowser(site);
    for (const [name, value] of before) thief.site.set(name, value);
    browser = thief;
    await expectRefusal(await thief.ask(path), "sign_in_not_started");
    expect(site.provider.asked.filter((line) => line === "POST /token").length).toBeGreaterThan(0);
  });

  test("in another browser, or after ten minutes, is refused", async () => {
    const path = await back();
    const mine = browser;
    browser = createTestBrowser(site);
    await expectRefusal(await browser.ask(path), "sign_in_not_started");
    browser = mine;
    site.dashboard.clock.advance(10 * 60_000);
    await expectRefusal(await browser.ask(path), "sign_in_not_started");
    site.dashboard.clock.jump(-10 * 60_000);
  });

  test("with another sign-in's cookie is refused", async () => {
    const [one, two] = [await browser.start(), await browser.start()];
    const stateOf = (url: string) => new URL(url).searchParams.get("state") ?? "";
    const nameOf = (url: string) => `webhooker_oidc_${stateOf(url).slice(0, 22)}`;
    browser.site.set(nameOf(one), browser.site.get(nameOf(two)) ?? "");
    await expectRefusal(await browser.ask(await browser.visitProvider(one)), "sign_in_not_started");
  });
});

describe("a token", () => {
  const claims = (changed: Record<string, unknown>) => (token: Forged) => ({
    ...token,
    claims: { ...token.claims, ...changed },
  });
  const header = (changed: Record<string, unknown>) => (token: Forged) => ({
    ...token,
    header: { ...token.header, ...changed },
  });
  const seconds = (offset: number) => Math.floor(Date.now() / 1_000) + offset;
  const foreign = newSigningKey().privateKey;
  const foreignCurve = newSigningKey("ES256").privateKey;

  test.each([
    ["of the algorithm none", header({ alg: "none" }), null],
    ["of HS256 with the client's secret", header({ alg: "HS256" }), CLIENT_SECRET],
    ["signed with a foreign key", (token) => token, foreign],
    ["signed with a foreign key of another id", header({ kid: "other" }), foreign],
    ["signed with a foreign curve", header({ alg: "ES256", kid: "other" }), foreignCurve],
    ["for another client", claims({ aud: "another" }), null],
    ["for several clients", claims({ aud: ["webhooker", "another"] }), null],
    ["of another issuer", claims({ iss: "https://evil.example" }), null],
    ["with another nonce", claims({ nonce: "another" }), null],
    ["without a nonce", claims({ nonce: undefined }), null],
    ["that has expired", claims({ exp: seconds(-120) }), null],
    ["without an expiry", claims({ exp: undefined }), null],
    ["that is not valid yet", claims({ nbf: seconds(300) }), null],
    ["without a subject", claims({ sub: undefined }), null],
    ["with a subject that userinfo does not have", claims({ sub: "subject-2" }), null],
    ["with a very long subject", claims({ sub: "s".repeat(300) }), null],
  ] satisfies [string, (token: Forged) => Forged, Parameters<SignInSite["provider"]["forge"]>[1]][])(
    "%s is refused",
    async (_what, change, key) => {
      site.provider.forge(change, key);
      await expectRefusal(await browser.signIn(), "provider_answer_refused");
    },
  );

  test("whose expiry passed a minute ago is taken, as clocks differ", async () => {
    site.provider.forge(claims({ exp: seconds(-60) }));
    await browser.signIn();
    expect(await browser.username()).toBe("ada@example.com");
  });
});
