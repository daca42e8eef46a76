/** Strava, which signs nothing: its requests name the subscription. */
import { z } from "zod";
import { constantTimeEqual } from "../../lib/crypto.ts";
import { secret } from "../config-fields.ts";
import { ACCEPTED, type Provider, refused } from "../provider.ts";
import { readerOf, readerOfBoth } from "../request-place.ts";
import { answerJson, askedByGet, readChallenge } from "./answers.ts";

const subscriptionId = z
  .string()
  .trim()
  .regex(/^\d{1,15}$/, "must be the subscription's number");

const configSchema = z.strictObject({
  verify_token: secret.describe("What Strava must say when it asks for the callback URL."),
  subscription_id: subscriptionId.optional().describe("Events of other subscriptions are refused."),
  previous_subscription_id: subscriptionId.optional(),
});

/** https://developers.strava.com/docs/webhooks/ */
export const stravaProvider: Provider<z.infer<typeof configSchema>> = {
  type: "strava",
  label: "Strava",
  description:
    "Answers Strava when the subscription is made, and takes the events of that subscription alone. Strava signs nothing, so whoever knows the URL and the number can send: keep both to yourself.",
  configSchema,
  fields: [
    {
      name: "verify_token",
      label: "Verify token",
      kind: "password",
      required: true,
      secret: true,
      help: "Any text of yours; give the same one as verify_token when the subscription is made.",
    },
    {
      name: "subscription_id",
      label: "Subscription id",
      kind: "text",
      placeholder: "120475",
      help: "Strava answers with it once the URL has answered: save without it, make the subscription, and enter it here. Until then events are refused.",
    },
    {
      name: "previous_subscription_id",
      label: "Previous subscription id",
      kind: "text",
      help: "While the subscription is being made anew: events of this one are accepted too.",
    },
  ],
  handshakeMethods: ["GET"],
  prepare(config) {
    const known = [config.subscription_id, config.previous_subscription_id].filter((id) => id !== undefined);
    const readId = readerOf("$.subscription_id");
    return {
      unsignedHandshake(request) {
        if (askedByGet(request, "hub.mode") !== "subscribe") return null;
        if (!constantTimeEqual(askedByGet(request, "hub.verify_token") ?? "", config.verify_token))
          return refused("Strava asked for the callback URL with another verify token.");
        const challenge = readChallenge(askedByGet(request, "hub.challenge"));
        return challenge === null ? null : answerJson({ "hub.challenge": challenge });
      },
      verify(request) {
        if (known.length === 0)
          return refused("The subscription's id, which Strava gave when it was made, is not entered yet.");
        const id = readId(request);
        return id !== null && known.includes(id)
          ? ACCEPTED
          : refused("The subscription_id of the body is missing or another one.");
      },
      eventType: readerOfBoth("$.object_type", "$.aspect_type"),
      duplicateId: () => null,
    };
  },
};
