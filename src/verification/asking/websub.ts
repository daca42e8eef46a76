/** Verifies WebSub (formerly PubSubHubbub): hubs confirm subscriptions and sign the content they distribute. */
import { z } from "zod";
import { bytesOfSecrets, secretFields, secretShape } from "../config-fields.ts";
import { decode, type Hash, hmac, matchesAny } from "../hmac/signature.ts";
import { ACCEPTED, type Provider, refused } from "../provider.ts";
import { missing, wrongSignature } from "../refusals.ts";
import { askedByGet, echo } from "./answers.ts";

const SIGNATURE = "X-Hub-Signature";
const FORM = /^(sha1|sha256|sha384|sha512)=([0-9a-f]{40,128})$/i;
const MOST_TOPICS = 100;

const configSchema = z.strictObject({
  ...secretShape,
  topics: z
    .array(z.string().trim().min(1).max(2_000))
    .min(1, "must name at least one")
    .max(MOST_TOPICS)
    .describe("Topic URLs whose subscriptions are confirmed."),
});

const hashes: ReadonlyMap<string, Hash> = new Map<string, Hash>([
  ["sha1", "sha1"],
  ["sha256", "sha256"],
  ["sha384", "sha384"],
  ["sha512", "sha512"],
]);

/** https://www.w3.org/TR/websub/ */
export const websubProvider: Provider<z.infer<typeof configSchema>> = {
  type: "websub",
  label: "WebSub",
  description:
    "Checks the signature of a WebSub (PubSubHubbub) hub, such as YouTube's, with the hub.secret of the subscription. When the hub asks, subscriptions to the topics below are confirmed, and unsubscriptions from all other topics.",
  configSchema,
  fields: [
    ...secretFields("Hub secret"),
    {
      name: "topics",
      label: "Topics",
      kind: "list",
      required: true,
      placeholder: "https://www.youtube.com/xml/feeds/videos.xml?channel_id=…",
      help: "Topic URLs, one per line, exactly as you subscribed to them.",
    },
  ],
  handshakeMethods: ["GET"],
  prepare({ topics, ...config }) {
    const keys = bytesOfSecrets(config);
    return {
      unsignedHandshake(request) {
        const mode = askedByGet(request, "hub.mode");
        if (mode !== "subscribe" && mode !== "unsubscribe") return null;
        const isWanted = topics.includes(askedByGet(request, "hub.topic") ?? "");
        // Anyone can ask a hub to end a subscription; only its owner can remove the topic from the list.
        if (mode === "subscribe" && !isWanted)
          return refused("The hub asked to confirm a subscription to a topic that is not listed.");
        if (mode === "unsubscribe" && isWanted)
          return refused("The hub asked to confirm unsubscribing from a listed topic.");
        return echo(askedByGet(request, "hub.challenge"));
      },
      verify({ headers, body }) {
        const given = headers.get(SIGNATURE);
        if (given === null) return missing(SIGNATURE);
        const [, method = "", text = ""] = FORM.exec(given) ?? [];
        const hash = hashes.get(method.toLowerCase());
        const signature = decode(text, "hex");
        if (hash === undefined || signature === null)
          return refused(`The header ${SIGNATURE} does not contain a signature in the expected format.`);
        const right = keys.map((key) => hmac(hash, key, [body]));
        return matchesAny([signature], right) ? ACCEPTED : wrongSignature();
      },
      eventType: () => null,
      duplicateId: () => null,
    };
  },
};
