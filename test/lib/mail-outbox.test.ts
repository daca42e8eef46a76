/** E-mails that nobody waits for. */
import { expect, test } from "bun:test";
import { createMailOutbox } from "../../src/lib/mail-outbox.ts";

const mailTo = (to: number) => ({ to: String(to), subject: "Hello", text: "" });
const settle = () => new Promise((resolve) => setImmediate(resolve));

test("two go at the same time, the others in their turn, and those beyond a limit not at all", async () => {
  const open: (() => void)[] = [];
  const [sent, faults]: [string[], string[]] = [[], []];
  const post = createMailOutbox({
    async sendMail({ to }) {
      sent.push(to);
      await new Promise<void>((resolve) => open.push(resolve));
    },
    onFault: (reason) => faults.push(reason),
  });
  for (let n = 0; n < 60; n++) post(mailTo(n));
  expect([sent.length, faults.length]).toEqual([2, 8]);
  for (let served = 0; served < 52; served++) {
    open.shift()?.();
    await settle();
  }
  expect(sent).toEqual(Array.from({ length: 52 }, (_, n) => String(n)));
});

test("one that fails is reported and keeps no other back", async () => {
  const faults: string[] = [];
  const sent: string[] = [];
  const post = createMailOutbox({
    async sendMail({ to }) {
      if (to === "0") throw new Error("the box is full");
      sent.push(to);
    },
    onFault: (_, cause) => faults.push(String(cause)),
  });
  for (let n = 0; n < 4; n++) post(mailTo(n));
  await settle();
  expect([faults, sent.toSorted()]).toEqual([["Error: the box is full"], ["1", "2", "3"]]);
});
