/** Checks which id in each provider's requests identifies an event, and which only looks like one. */
import { expect, test } from "bun:test";
import { sectionOf } from "../support/manual.ts";
import { createTestProviders } from "../support/providers.ts";
import { ASKING_SAMPLES } from "./asking-samples.ts";
import { OTHER_SAMPLES } from "./other-samples.ts";
import { PUBLIC_KEY_SAMPLES } from "./public-key-samples.ts";
import { requestOf } from "./sample.ts";
import { HMAC_SAMPLES } from "./samples.ts";
import { TIMED_SAMPLES } from "./timed-samples.ts";

const providers = createTestProviders();
const SAMPLES = [
  ...HMAC_SAMPLES,
  ...TIMED_SAMPLES,
  ...OTHER_SAMPLES,
  ...ASKING_SAMPLES,
  ...PUBLIC_KEY_SAMPLES,
];

/** Providers that fetch certificates; their samples are beside their tests. */
const UNSAMPLED: Readonly<Record<string, unknown>> = {
  paypal: { webhook_id: "1" },
  "aws-sns": { topics: ["123456789012"] },
};

function idOf(type: string, headers: Record<string, string>, body = ""): string | null {
  const sample = SAMPLES.find((each) => each.type === type);
  const config = sample?.config(sample.keys.current) ?? UNSAMPLED[type];
  const request = requestOf({ headers, body: new TextEncoder().encode(body) });
  return providers.get(type).prepare(config).duplicateId(request);
}

/** By header, or by body if the name begins with a brace or bracket; "7" is the id. */
const NAMES_ONE_EVENT: readonly (readonly [type: string, place: string, why: string])[] = [
  ["bitbucket", "X-Request-UUID", "of one request; its attempts are told apart by X-Attempt-Number"],
  ["github", "X-GitHub-Delivery", "of one event, and the same when it is redelivered"],
  ["linear", "Linear-Delivery", "of one payload"],
  ["paddle", '{"event_id":"7"}', "of one event; the notification has an id of its own"],
  ["shopify", "X-Shopify-Webhook-Id", "of one delivery, and the same when it is retried"],
  ["slack", '{"event_id":"7"}', "of one event, over all workspaces"],
  ["square", '{"event_id":"7"}', "of one event"],
  ["stripe", '{"id":"7"}', "of one event"],
  ["twitch", "Twitch-Eventsub-Message-Id", "of one message, and the same when it is resent"],
  ["vercel", '{"id":"7"}', "of one delivery"],
  ["mux", '{"id":"7"}', "of one event"],
  ["workos", '{"id":"7"}', "of one event"],
  ["pagerduty", '{"event":{"id":"7"}}', "of one event, over all subscriptions"],
  ["persona", '{"data":{"id":"7"}}', "of one event"],
  ["standard-webhooks", "webhook-id", "of one message, and the same when it is resent"],
  ["gitlab", "Idempotency-Key", "of one request, and the same when it is retried"],
  ["discord", '{"id":"7"}', "of one interaction"],
  ["okta", '{"eventId":"7"}', "of one request"],
  ["paypal", '{"id":"7"}', "of one event"],
  ["mailgun", '{"event-data":{"id":"7"}}', "of one event of a day; a later one has another body"],
  ["twilio", "I-Twilio-Idempotency-Token", "of one request, and the same when it is retried"],
  ["event-grid", "ce-id", "of one CloudEvent"],
  ["aws-sns", '{"MessageId":"7"}', "of one message, and the same when it is retried"],
  ["telnyx", '{"data":{"id":"7"}}', "of one event"],
  ["ebay", '{"notification":{"notificationId":"7"}}', "of one notification"],
  ["event-grid", '{"id":"7"}', "of one CloudEvent"],
  ["front", '{"payload":{"id":"7"}}', "of one event"],
  ["linkedin", '{"notificationId":"7"}', "of one notification, by which LinkedIn says to drop repeats"],
  ["monday", '{"event":{"triggerUuid":"7"}}', "of one trigger"],
  ["nylas", '{"id":"7"}', "of one notification, and the same when it is retried"],
  ["ringcentral", '{"uuid":"7"}', "of one notification"],
  ["smartcar", '{"eventId":"7"}', "of one event"],
  ["trello", '{"action":{"id":"7"}}', "of one action"],
];

const NAMES_NONE: readonly (readonly [type: string, place: string, why: string])[] = [
  ["woocommerce", "X-WC-Webhook-Delivery-ID", "a hash of the webhook and the second"],
  ["zendesk", '{"id":"7"}', "a trigger's body is its administrator's: most often the ticket's id"],
  ["sendgrid", '[{"sg_event_id":"7"}]', "an event that was not acknowledged comes again among others"],
  ["gitlab", "X-Gitlab-Event-UUID", "shared by all requests that follow from one event"],
  ["gitlab", "X-Gitlab-Webhook-UUID", "of the webhook"],
  ["calendly", '{"payload":{"uri":"7"}}', "of the invitee, who is created and cancelled"],
  ["elevenlabs", '{"data":{"conversation_id":"7"}}', "of the conversation, of which several events tell"],
  ["knock", '{"data":{"id":"7"}}', "of the message, which is sent, seen and read"],
  ["tiktok", '{"user_openid":"7"}', "of a user"],
  ["teams", '{"id":"7"}', "of a message, within its conversation"],
  ["meta", '{"entry":[{"id":"7"}]}', "of a page or an account"],
  ["microsoft-graph", '{"value":[{"id":"7","subscriptionId":"7"}]}', "one of many in a request"],
  ["twitter", '{"for_user_id":"7"}', "of a user"],
  ["asana", '{"events":[{"resource":{"gid":"7"}}]}', "of a task; a heartbeat has no events"],
  ["clio", '{"data":{"id":"7"}}', "of a record"],
  ["dropbox", '{"delta":{"users":[7]}}', "of users whose files changed"],
  ["event-grid", '[{"id":"7"}]', "an event that was not acknowledged may come again among others"],
  ["strava", '{"object_id":7,"subscription_id":7}', "of an activity, which changes"],
  ["websub", "X-Hub-Signature", "of a body"],
  ["zoom", '{"payload":{"object":{"uuid":"7"}}}', "of a meeting"],
];

function idAt(type: string, place: string): string | null {
  return /^[{[]/.test(place) ? idOf(type, {}, place) : idOf(type, { [place]: "7" });
}

for (const [type, place, why] of NAMES_ONE_EVENT) {
  test(`${type}: ${place} identifies an event: ${why}`, () => {
    expect(idAt(type, place)).toBe("7");
  });
}

for (const [type, place, why] of NAMES_NONE) {
  test(`${type}: ${place} does not identify an event: ${why}`, () => {
    expect(idAt(type, place)).toBeNull();
  });
}

test("every provider is covered here, except those whose owner configures the id", () => {
  const judged = new Set([...NAMES_ONE_EVENT, ...NAMES_NONE].map(([type]) => type));
  const types = providers.list().map(({ type }) => type);
  const left = types.filter((type) => !judged.has(type));
  expect(left.sort()).toEqual(["api-key", "basic", "bearer", "hmac", "ip-allow-list", "public-key"]);
});

test("the manual lists each id that identifies an event", async () => {
  const chapter = await Bun.file(new URL("../../src/manual/duplicates.md", import.meta.url)).text();
  const ids = sectionOf(chapter, "Ids of providers");
  for (const [type, place] of NAMES_ONE_EVENT) {
    expect(ids).toContain(`\`${type}\``);
    if (!place.startsWith("{")) expect(ids).toContain(`\`${place}\``);
  }
});
