/** Verifies Microsoft Graph's change notifications, which carry a secret chosen by the subscription's owner. */
import { z } from "zod";
import { constantTimeEqual } from "../../lib/crypto.ts";
import { secretFields, secretShape } from "../config-fields.ts";
import { answerMicrosoftGraph } from "../handshakes.ts";
import { ACCEPTED, type Provider, refused } from "../provider.ts";
import { readerOf, valuesOf, whenReadable } from "../request-place.ts";

/** A batch has a few hundred notifications at most; each is compared. */
const MOST_NOTIFICATIONS = 10_000;

const configSchema = z.strictObject(secretShape);

export const microsoftGraphProvider: Provider<z.infer<typeof configSchema>> = {
  type: "microsoft-graph",
  label: "Microsoft Graph, SharePoint",
  description:
    "Compares the clientState of each notification with the subscription's, and answers the validation token when a subscription is created.",
  configSchema,
  fields: secretFields("Client state"),
  prepare({ secret, previous_secret: previous }) {
    const right = previous === undefined ? [secret] : [secret, previous];
    const isRight = (state: string) => right.some((each) => constantTimeEqual(state, each));
    return {
      unsignedHandshake: answerMicrosoftGraph,
      verify: whenReadable((request) => {
        const values = valuesOf(request);
        const fault = values.fault();
        if (fault !== null) return refused(fault);
        let count = 0;
        for (const at of values.each("value")) {
          if (++count > MOST_NOTIFICATIONS) return refused("The body contains too many notifications.");
          const state = at("clientState");
          if (state?.kind !== "text" || !isRight(state.text))
            return refused("The clientState of a notification is missing or does not match.");
        }
        return count === 0 ? refused("The body is not a list of notifications.") : ACCEPTED;
      }),
      eventType: readerOf("$.value.0.changeType", "$.value.0.lifecycleEvent"),
      duplicateId: () => null,
    };
  },
};
