/** Sends one notice to a target or an e-mail address, once, and returns any failure as a sentence. */

import type { Clock } from "../lib/clock.ts";
import { errorMessage } from "../lib/errors.ts";
import { newId } from "../lib/ids.ts";
import type { SendMail } from "../lib/mailer.ts";
import type { NoticeChannel, NoticeSettings } from "../settings/notice-settings.ts";
import type { DeliveryTarget, Routing } from "../storage/main-db/routing.ts";
import type { WebhookQueries } from "../storage/main-db/webhooks.ts";
import type { Signer } from "../targets/signing.ts";
import type { TargetType } from "../targets/target-type.ts";
import type { NoticeMessage } from "./notice-message.ts";

/** Returns null if the target's settings cannot be opened. */
type OpenTarget = (
  target: DeliveryTarget,
) => Readonly<{ type: TargetType; config: Record<string, unknown>; signer: Signer | null }> | null;

const TIMEOUT_MS = 15_000;

/** Returns null on success, else the reason for people. */
export type SendOnce = (notice: {
  userId: string;
  webhook: Readonly<{ id: string; name: string }>;
  channel: NoticeChannel;
  settings: NoticeSettings;
  message: NoticeMessage;
}) => Promise<string | null>;

export function createNoticeChannels(deps: {
  routing: Pick<Routing, "findTarget">;
  webhooks: Pick<WebhookQueries, "find">;
  openTarget: OpenTarget;
  /** Null if the server cannot send e-mail. */
  sendMail: SendMail | null;
  clock: Clock;
  signal: AbortSignal;
}): SendOnce {
  const { routing, webhooks, openTarget, sendMail, clock, signal } = deps;

  async function mail(to: string, { title, text }: NoticeMessage): Promise<string | null> {
    if (sendMail === null) return "This server cannot send e-mail, because SMTP_URL is not set.";
    await sendMail({ to, subject: `[webhooker] ${title}`, text });
    return null;
  }

  const deliver = async (
    targetId: string,
    { userId, webhook, message }: Parameters<SendOnce>[0],
  ): Promise<string | null> => {
    const target = routing.findTarget(targetId);
    // Stored settings may name any target: use it only if it belongs to the user.
    const isOwn = target && !target.deleted && webhooks.find(target.webhookId)?.userId === userId;
    if (!isOwn) return "The target for notices was deleted.";
    const opened = openTarget(target);
    if (!opened) return "The settings of the target for notices cannot be read.";
    const outcome = await opened.type.deliver({
      event: {
        id: newId(),
        entrypointId: "",
        receivedAt: clock.now(),
        method: "POST",
        pathTail: "",
        query: "",
        headers: [["content-type", "application/json"]],
        contentType: "application/json",
        remoteAddress: "",
        body: new TextEncoder().encode(JSON.stringify(message.json)),
      },
      notice: { title: message.title, text: message.text },
      webhook,
      target: { id: target.id, name: target.name },
      config: opened.config,
      signer: opened.signer,
      attempt: 1,
      timeoutMs: TIMEOUT_MS,
      signal,
    });
    if (outcome.kind === "released") return "The target for notices sends nothing by itself.";
    return outcome.kind === "delivered" ? null : outcome.error;
  };

  return async (notice) => {
    const { channel, settings, message } = notice;
    try {
      if (channel === "email") return settings.email === null ? null : await mail(settings.email, message);
      return settings.target_id === null ? null : await deliver(settings.target_id, notice);
    } catch (error) {
      return errorMessage(error);
    }
  };
}
