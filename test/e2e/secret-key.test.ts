/**
 * Rotates the secret key of the compiled gateway: deliveries and verification continue with their secrets, and
 * everybody signs in again.
 */
import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { startGateway } from "../support/gateway.ts";
import { startReceiver } from "../support/receiver.ts";
import { administrator, startSite } from "../support/site.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

const idSchema = z.object({ id: z.string() });

const AUTHORIZATION = "Bearer of-the-bank";

test("a key file is rotated while the gateway is stopped, also after an interrupted rotation", async () => {
  await using gateway = await startSite();
  const receiver = await startReceiver();
  const config = { url: receiver.url, headers: { authorization: AUTHORIZATION } };
  const setup = await gateway.api.setUpWebhook([{ type: "http", config }]);
  const { cookie } = await administrator(gateway);
  const post = async () => {
    const count = receiver.requests.length;
    await (await fetch(gateway.entrypointUrl(setup.entrypointId), { method: "POST", body: "a" })).text();
    const requests = await receiver.waitFor(count + 1);
    expect(requests.at(-1)?.header("authorization")).toBe(AUTHORIZATION);
    expect(requests.at(-1)?.header("webhook-signature")).toBeString();
  };
  const isSignedIn = async () => {
    const answer = await fetch(`${gateway.origin}/sources`, { headers: { cookie }, redirect: "manual" });
    return answer.status === 200;
  };
  await post();
  const inWebhook = `/webhooks/${setup.webhookId}`;
  const checked = { name: "GitLab", verification: { type: "gitlab", config: { secret: "a-typing-error" } } };
  const created: unknown = await (
    await gateway.api.request("POST", `${inWebhook}/entrypoints`, checked)
  ).json();
  const { id: checkedId } = idSchema.parse(created);
  const headers = { "x-gitlab-token": "of-the-sender" };
  expect((await fetch(gateway.entrypointUrl(checkedId), { method: "POST", body: "b", headers })).status).toBe(
    401,
  );
  const rejectedId = await gateway.api.waitForRejected(setup.webhookId);

  const running = await gateway.run(["secret-key", "rotate"]);
  expect([running.code, running.err]).toEqual([1, expect.stringContaining("The gateway is running")]);

  await gateway.stop();
  const keyPath = join(gateway.folder, "data", "webhooker.key");
  const before = readFileSync(keyPath, "utf8");
  const sealedBefore = listSealed(gateway.folder);
  expect(sealedBefore).toHaveLength(5);
  const done = await gateway.run(["secret-key", "rotate"]);
  expect([done.code, done.out]).toEqual([0, "Sealed 4 secrets with the new key.\n"]);
  expect(done.err).toContain("All users must sign in again.");
  const sealedAfter = listSealed(gateway.folder);
  expect(sealedAfter).toHaveLength(sealedBefore.length);
  expect(sealedAfter.filter((sealed) => sealedBefore.includes(sealed))).toEqual([]);
  const after = readFileSync(keyPath, "utf8");
  expect([after === before, readFileSync(`${keyPath}.old`, "utf8")]).toEqual([false, before]);
  expect(statSync(keyPath).mode & 0o777).toBe(0o600);
  await gateway.start();
  await post();
  expect(await isSignedIn()).toBe(false);
  const verification = { type: "gitlab", config: { secret: "of-the-sender" } };
  await gateway.api.request("PATCH", `${inWebhook}/entrypoints/${checkedId}`, { verification });
  const verified = await gateway.api.request("POST", `${inWebhook}/rejected/verify`, { ids: [rejectedId] });
  expect([verified.status, await verified.json()]).toMatchObject([200, { checked: 1, released: 1 }]);
  await gateway.stop();

  // Interrupted before the file changed: everything is sealed with the next key, and the file has the previous one.
  writeFileSync(`${keyPath}.next`, after, { mode: 0o600 });
  writeFileSync(keyPath, before);
  await gateway.start();
  await post();
  expect(gateway.log).not.toContain("ERROR");
  await gateway.stop();
  expect((await gateway.run(["secret-key", "rotate"])).code).toBe(0);
  expect(readFileSync(keyPath, "utf8")).toBe(after);
  await gateway.start();
  await post();
  expect(gateway.log).not.toContain("ERROR");
  await receiver.close();
});

/** Every encrypted text in any row of any table of any database. */
function listSealed(folder: string): readonly string[] {
  const paths = [...new Bun.Glob("**/*.db").scanSync({ cwd: folder, absolute: true })];
  return paths.flatMap((path) => {
    const db = new Database(path, { readonly: true });
    const tables = db
      .query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .all();
    const texts = tables.flatMap(({ name }) =>
      db.query(`SELECT * FROM "${name}"`).values().flat().map(String),
    );
    db.close();
    return texts.flatMap((text) => text.match(/v1\.[\w-]{38,}/g) ?? []);
  });
}

test("a key in the environment is rotated with the previous one beside it, and not without", async () => {
  const [first, second] = [1, 2].map((fill) => Buffer.alloc(32, fill).toString("base64"));
  await using gateway = await startGateway({ env: { SECRET_KEY: first ?? "" } });
  await gateway.api.setUpWebhook([{ type: "http", config: { url: "http://127.0.0.1:9/" } }]);
  await gateway.stop();
  const env = { SECRET_KEY: second ?? "" };
  const alone = await gateway.run(["secret-key", "rotate"], { env });
  expect([alone.code, alone.err]).toEqual([1, expect.stringContaining("SECRET_KEY_PREVIOUS is not.")]);
  const wrong = { ...env, SECRET_KEY_PREVIOUS: Buffer.alloc(32, 3).toString("base64") };
  const refused = await gateway.run(["secret-key", "rotate"], { env: wrong });
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("Nothing was changed")]);
  const done = await gateway.run(["secret-key", "rotate"], {
    env: { ...env, SECRET_KEY_PREVIOUS: first ?? "" },
  });
  expect([done.code, done.out]).toEqual([0, "Sealed 1 secret with the new key.\n"]);
  const help = await gateway.run(["secret-key", "rotate", "--help"]);
  expect(help.out).toContain("SECRET_KEY_PREVIOUS");
});
