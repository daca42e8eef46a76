import { expect, test } from "bun:test";
import { Webhook } from "standardwebhooks";
import { createTestProviders } from "../support/providers.ts";
import { NOW, requestOf } from "./sample.ts";

const provider = createTestProviders().get("standard-webhooks");
const KEY = Buffer.alloc(24, 1).toString("base64");

test("a secret is read as each provider shows it: with the standard's prefix, with Supabase's, and without one", async () => {
  const body = '{"type":"a"}';
  const signature = new Webhook(KEY).sign("msg_1", new Date(NOW), body);
  const request = requestOf({
    body: Buffer.from(body),
    headers: {
      "webhook-id": "msg_1",
      "webhook-timestamp": String(Math.floor(NOW / 1_000)),
      "webhook-signature": signature,
    },
  });
  for (const prefix of ["", "whsec_", "v1,whsec_"]) {
    const config = { secret: `${prefix}${KEY}` };
    expect([prefix, provider.configSchema.safeParse(config).success]).toEqual([prefix, true]);
    expect([prefix, await provider.prepare(config).verify(request)]).toEqual([prefix, { accepted: true }]);
  }
  for (const secret of ["v1,", `v1,${KEY}`, "v1,whsec_", "whsec_?"])
    expect([secret, provider.configSchema.safeParse({ secret }).success]).toEqual([secret, false]);
});
