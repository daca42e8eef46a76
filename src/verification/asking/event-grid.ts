/** Azure Event Grid, which sends a secret of the subscription's maker in the URL or a header, and asks whether it may. */
import { z } from "zod";
import { headerName, secretFields, secretShape } from "../config-fields.ts";
import type { Provider } from "../provider.ts";
import { apiKeyProvider } from "../providers/shared-secrets.ts";
import { readerOf, textAt } from "../request-place.ts";
import { answerJson, readChallenge } from "./answers.ts";

const TYPE = "aeg-event-type";

const configSchema = z.strictObject({
  ...secretShape,
  place: z.enum(["query", "header"]).default("query").describe("Where the sender puts the secret."),
  name: headerName.default("code").describe("The name of the query parameter or header."),
});

/** https://learn.microsoft.com/en-us/azure/event-grid/end-point-validation-event-grid-events-schema */
export const eventGridProvider: Provider<z.infer<typeof configSchema>> = {
  type: "event-grid",
  label: "Azure Event Grid",
  description:
    "Compares a secret in the subscription's URL (…?code=secret) or in a delivery property, and answers the validation when the subscription is created: a validationCode, or an OPTIONS request with CloudEvents. Event Grid does not sign the body.",
  configSchema,
  fields: [
    ...secretFields("Secret"),
    {
      name: "place",
      label: "Sent as",
      kind: "select",
      options: [
        { value: "query", label: "a query parameter of the URL" },
        { value: "header", label: "a header (delivery property)" },
      ],
      help: "Proxies may log query parameters. Stored events show the secret as [secret].",
    },
    { name: "name", label: "Its name", kind: "text", placeholder: "code" },
  ],
  recognizes: (headers) => headers.has(TYPE),
  handshakeMethods: ["OPTIONS"],
  prepare: (config) => ({
    verify: apiKeyProvider.prepare(config).verify,
    secretPlace: { in: config.place, name: config.name },
    signedHandshake(request) {
      if (request.headers.get(TYPE) !== "SubscriptionValidation") return null;
      const validationResponse = readChallenge(textAt(request, "0.data.validationCode"));
      return validationResponse === null ? null : answerJson({ validationResponse });
    },
    // One request may bring many events: it is named by its first.
    eventType: readerOf("$.0.eventType", "ce-type", "$.type", "$.0.type"),
    // Of a list none: an event that was not acknowledged may come again among others.
    duplicateId: readerOf("ce-id", "$.id"),
  }),
};
