/** Answers HEAD and OPTIONS, by which senders ask before the first event whether an entrypoint is willing. */
import { QUESTION_METHODS } from "../settings/entrypoint-settings.ts";
import type { HandshakeAnswer } from "../verification/provider.ts";

/** A DNS name: nothing else is repeated in a header. */
const ORIGIN = /^[0-9a-z](?:[0-9a-z.-]{0,251}[0-9a-z])?$/i;

const questionMethods: readonly string[] = QUESTION_METHODS;

export function isQuestionMethod(method: string): boolean {
  return questionMethods.includes(method);
}

/**
 * 200 without a body. OPTIONS is told the methods, and a sender that asks by CloudEvents' rules that it may send, no
 * faster than `perMinute`; null is no limit. A browser's preflight request learns nothing that lets a page send.
 * https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md#4-abuse-protection
 */
export function answerWillingly(asked: {
  method: string;
  methods: readonly string[];
  headers: Headers;
  perMinute: number | null;
}): HandshakeAnswer {
  const { method, methods, headers, perMinute } = asked;
  const origin = headers.get("webhook-request-origin");
  const mayTell = method === "OPTIONS" && origin !== null && ORIGIN.test(origin);
  return {
    status: 200,
    contentType: "text/plain; charset=utf-8",
    body: "",
    headers: {
      ...(method === "OPTIONS" && { allow: methods.join(", ") }),
      ...(mayTell && {
        "webhook-allowed-origin": origin,
        // Those who asked for a rate and those who did not may both know it.
        "webhook-allowed-rate": perMinute === null ? "*" : String(Math.max(1, Math.floor(perMinute))),
      }),
    },
  };
}
