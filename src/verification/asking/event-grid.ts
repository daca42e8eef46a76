/**
 * Verifies Azure Event Grid: it sends a secret chosen by the subscription's owner in the URL or a header, and validates
 * the endpoint with a handshake.
 */
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
    { name: "name", label: "Header or parameter name", kind: "text", placeholder: "code" },
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
    // A request can carry many events; the first gives the type.
    eventType: readerOf("$.0.eventType", "ce-type", "$.type", "$.0.type"),
    // A list has no id: an event that was not acknowledged can come again in another list.
    duplicateId: readerOf("ce-id", "$.id"),
  }),
};
