/**
 * Answers the handshakes with which providers check a URL. Each function returns null if the request is not a
 * handshake.
 */
import { answerJson, echo, readChallenge } from "./asking/answers.ts";
import type { HandshakeAnswer, ReceivedRequest } from "./provider.ts";
import { textAt, valuesOf } from "./request-place.ts";

type Question = (request: ReceivedRequest) => HandshakeAnswer | null;

/** https://docs.slack.dev/reference/events/url_verification */
export const answerSlack: Question = (request) =>
  textAt(request, "type") === "url_verification" ? echo(textAt(request, "challenge")) : null;

/** https://dev.twitch.tv/docs/eventsub/handling-webhook-events */
export const answerTwitch: Question = (request) =>
  request.headers.get("twitch-eventsub-message-type") === "webhook_callback_verification"
    ? echo(textAt(request, "challenge"))
    : null;

const WOOCOMMERCE_PING = /^webhook_id=\d{1,20}$/;

/** Answers WooCommerce's ping: when a webhook is saved, WooCommerce posts its id unsigned, and accepts only 200. */
export const answerWooCommercePing: Question = ({ headers, body }) => {
  if (headers.has("x-wc-webhook-signature") || body.byteLength > 32) return null;
  const isPing = WOOCOMMERCE_PING.test(new TextDecoder().decode(body));
  return isPing ? { status: 200, contentType: "text/plain; charset=utf-8", body: "" } : null;
};

/** Discord's pings are signed like its events. https://docs.discord.com/developers/events/webhook-events */
export const answerDiscord: Question = (request) => {
  const values = valuesOf(request);
  const type = values.at("type");
  if (type?.kind !== "number") return null;
  if (type.text === "0") return { status: 204, contentType: "application/json", body: "" };
  // Webhook events have the type 1 too.
  return type.text === "1" && values.at("event") === null ? answerJson({ type: 1 }) : null;
};

const VALIDATION_TOKEN = /^validationtoken$/i;

/**
 * The response is the decoded token. SharePoint writes the parameter's name in lower case.
 *
 * https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks
 */
export const answerMicrosoftGraph: Question = ({ query }) => {
  if (!/validationtoken=/i.test(query)) return null;
  for (const [name, value] of new URLSearchParams(query)) if (VALIDATION_TOKEN.test(name)) return echo(value);
  return null;
};

/** https://developer.okta.com/docs/concepts/event-hooks */
export const answerOkta: Question = ({ method, headers }) => {
  const challenge = readChallenge(headers.get("x-okta-verification-challenge"));
  return method !== "GET" || challenge === null ? null : answerJson({ verification: challenge });
};
