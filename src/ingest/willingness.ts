/** Responds to HEAD and OPTIONS, which senders use to check an entrypoint before the first event. */
import { QUESTION_METHODS } from "../settings/entrypoint-settings.ts";
import type { HandshakeAnswer } from "../verification/provider.ts";

/** A DNS name; nothing else is echoed in a header. */
const ORIGIN = /^[0-9a-z](?:[0-9a-z.-]{0,251}[0-9a-z])?$/i;

const questionMethods: readonly string[] = QUESTION_METHODS;

export function isQuestionMethod(method: string): boolean {
  return questionMethods.includes(method);
}

/**
 * Responds 200 without a body. OPTIONS lists the methods, and tells a CloudEvents sender that it may send, at most
 * `perMinute` requests (null: unlimited). A browser's preflight request gets nothing that would let a page send.
 *
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
        // Senders may know the rate whether or not they asked for one.
        "webhook-allowed-rate": perMinute === null ? "*" : String(Math.max(1, Math.floor(perMinute))),
      }),
    },
  };
}
