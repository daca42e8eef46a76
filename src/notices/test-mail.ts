/** Sends a test e-mail, so that an administrator sees whether the server's mail settings work. */
import { z } from "zod";
import type { Clock } from "../lib/clock.ts";
import { AppError, errorMessage } from "../lib/errors.ts";
import type { SendMail } from "../lib/mailer.ts";

/** Minimum interval: each is an e-mail to an address that somebody typed. */
const EVERY_MS = 5_000;

const address = z.email().max(254);

/** Resolves to the reason why the e-mail was not sent, or null. Rejects with AppError: invalid, rate_limited. */
export type SendTestMail = (to: string) => Promise<string | null>;

/** Returns null where the server cannot send e-mail. */
export function createTestMail(deps: {
  sendMail: SendMail | null;
  baseUrl: string;
  clock: Pick<Clock, "monotonic">;
}): SendTestMail | null {
  const { sendMail, baseUrl, clock } = deps;
  if (sendMail === null) return null;
  let lastAt = Number.NEGATIVE_INFINITY;
  return async (to) => {
    if (!address.safeParse(to).success) throw invalid();
    if (clock.monotonic() - lastAt < EVERY_MS) throw tooFrequent();
    lastAt = clock.monotonic();
    const text = `This is a test e-mail. Notices about problems with webhooks can be sent.\n\n${baseUrl}`;
    try {
      await sendMail({ to, subject: "[webhooker] test e-mail", text });
      return null;
    } catch (error) {
      return errorMessage(error);
    }
  };
}

function invalid(): AppError {
  return new AppError({
    kind: "invalid",
    message: "This is not an e-mail address.",
    details: [{ path: "email", message: "must be an e-mail address" }],
  });
}

function tooFrequent(): AppError {
  return new AppError({
    kind: "rate_limited",
    message: "A test e-mail was just sent.",
    hint: "Wait a few seconds.",
    retryAfterSeconds: EVERY_MS / 1_000,
  });
}
