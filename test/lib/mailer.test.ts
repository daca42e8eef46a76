/** E-mail through a real mail server on loopback. */
import { afterEach, expect, test } from "bun:test";
import { createMailer } from "../../src/lib/mailer.ts";
import { type MailServer, startMailServer } from "../support/mail-server.ts";
import { thrownBy } from "../support/thrown.ts";

let server: MailServer;

afterEach(() => server.close());

const MAIL = { to: "ops@example.com", subject: "Shop: target fails ✓", text: "It fails." };

test("an e-mail arrives, is marked as automatic, and is sent with authentication", async () => {
  server = await startMailServer({ user: "hooks", password: "s3cret" });
  await createMailer({ smtpUrl: server.url, from: "hooks@example.com" })(MAIL);
  const [mail] = server.mails;
  expect([mail?.from, mail?.to]).toEqual(["hooks@example.com", ["ops@example.com"]]);
  expect(mail?.text).toContain("Auto-Submitted: auto-generated\r\n");
  expect(mail?.text).toContain("\r\n\r\nIt fails.");
});

test("names from people add no headers and no recipients", async () => {
  server = await startMailServer();
  const send = createMailer({ smtpUrl: server.url, from: "hooks@example.com" });
  await send({ ...MAIL, subject: "Shop\r\nBcc: evil@example.com\r\n\r\nbody", to: "ops@example.com" });
  const [mail] = server.mails;
  expect(mail?.to).toEqual(["ops@example.com"]);
  expect(mail?.text.split("\r\n\r\n")[0]).not.toMatch(/^Bcc:/m);
});

test("a refusal of the server and a wrong password are reported without the password", async () => {
  server = await startMailServer({ user: "hooks", password: "s3cret" });
  const wrong = server.url.replace("s3cret", "guessed-one");
  const refused = String(await thrownBy(() => createMailer({ smtpUrl: wrong, from: "a@example.com" })(MAIL)));
  expect(refused).toContain("wrong user name or password");
  expect(refused).not.toContain("guessed-one");
  server.refuseWith("the box is full");
  const full = await thrownBy(() => createMailer({ smtpUrl: server.url, from: "a@example.com" })(MAIL));
  expect(String(full)).toContain("the box is full");
});
