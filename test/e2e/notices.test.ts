/**
 * The executable reports problems to a webhook's owner by e-mail and through a target, and a restart repeats nothing.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { startGateway } from "../support/gateway.ts";
import { startMailServer } from "../support/mail-server.ts";
import { startReceiver } from "../support/receiver.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

const EMAIL = "owner@example.com";

function subjectOf({ text }: { text: string }): string {
  return (/^Subject: (.*(?:\r\n[ \t].*)*)/m.exec(text)?.[1] ?? "").replaceAll(/\r\n[ \t]/g, " ");
}

test("a given-up delivery is reported by e-mail and through a target, once, also after a restart", async () => {
  const mail = await startMailServer({ user: "hooks", password: "s3cret" });
  const broken = await startReceiver({ script: { status: 500 } });
  const told = await startReceiver();
  await using gateway = await startGateway({
    env: { SMTP_URL: mail.url, MAIL_FROM: "hooks@example.com", LOG_LEVEL: "debug" },
  });
  const chat = await gateway.api.setUpWebhook([{ type: "http", config: { url: told.url } }]);
  const setup = await gateway.api.setUpWebhook([
    { type: "http", config: { url: broken.url }, max_attempts: 1 },
  ]);
  const notices = { target_id: chat.targetIds[0], email: EMAIL, on: ["target_failing"] };
  const path = `/webhooks/${setup.webhookId}`;
  expect((await gateway.api.request("PATCH", path, { notices })).status).toBe(200);

  const tried = await gateway.api.request("POST", `${path}/notices/test`);
  expect(await tried.json()).toEqual({
    data: [
      { channel: "target", error: null },
      { channel: "email", error: null },
    ],
    next_cursor: null,
  });
  expect(subjectOf((await mail.waitFor(1))[0] ?? { text: "" })).toBe("[webhooker] test: test notice");

  const send = () => fetch(gateway.entrypointUrl(setup.entrypointId), { method: "POST", body: "x" });
  for (let n = 0; n < 5; n++) await (await send()).arrayBuffer();
  const [, notice] = await mail.waitFor(2);
  expect(notice?.to).toEqual([EMAIL]);
  expect(notice?.text).toContain("HTTP 500");
  // Quoted-printable breaks long lines.
  expect(notice?.text.replaceAll("=\r\n", "")).toContain(`/source/${setup.webhookId}\r\n`);
  const [, posted] = await told.waitFor(2);
  expect(JSON.parse(Buffer.from(posted?.body ?? []).toString())).toMatchObject({
    type: "webhooker.notice",
    webhook: { id: setup.webhookId, name: "test" },
    changes: [
      { kind: "target_failing", state: "begun", target: { id: setup.targetIds[0], name: "target 0" } },
    ],
  });

  await gateway.restart();
  await (await send()).arrayBuffer();
  await gateway.api.waitUntilSettled(setup.webhookId);
  await gateway.stop();
  expect([mail.mails.length, told.requests.length]).toEqual([2, 2]);
  // Notices are not events.
  await gateway.start();
  expect(await gateway.api.listEvents(chat.webhookId)).toEqual([]);
  expect(gateway.log).not.toContain("s3cret");
  await Promise.all([mail.close(), broken.close(), told.close()]);
});

test("a missing mail server delays no delivery and no stop", async () => {
  const broken = await startReceiver({ script: { status: 500 } });
  await using gateway = await startGateway({
    env: { SMTP_URL: "smtp://127.0.0.1:9", MAIL_FROM: "hooks@example.com" },
  });
  const setup = await gateway.api.setUpWebhook([
    { type: "http", config: { url: broken.url }, max_attempts: 1 },
  ]);
  const notices = { email: EMAIL };
  await gateway.api.request("PATCH", `/webhooks/${setup.webhookId}`, { notices });
  await (await fetch(gateway.entrypointUrl(setup.entrypointId), { method: "POST", body: "x" })).arrayBuffer();
  await gateway.waitForLog(/a notice could not be sent, and will be retried/);
  const [event] = await gateway.api.waitUntilSettled(setup.webhookId);
  expect(event?.delivery_counts.failed).toBe(1);
  const { code } = await gateway.stop();
  expect(code).toBe(0);
  await broken.close();
});

test("an e-mail address is refused if the server sends none, and another user's target always", async () => {
  await using gateway = await startGateway();
  const { webhookId } = await gateway.api.setUpWebhook();
  for (const notices of [{ email: EMAIL }, { target_id: crypto.randomUUID() }, {}, { email: "no address" }]) {
    const answer = await gateway.api.request("PATCH", `/webhooks/${webhookId}`, { notices });
    expect([notices, answer.status]).toEqual([notices, 422]);
  }
});
