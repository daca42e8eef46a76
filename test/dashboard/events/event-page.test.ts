import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { newId } from "../../../src/lib/ids.ts";
import { dedupKey, draft } from "../../storage/storage-world.ts";
import { startTestEvents, type TestEvents } from "../../support/test-events.ts";

let app: TestEvents;

beforeEach(async () => {
  app = await startTestEvents();
});
afterEach(() => app.stop());

const pathOf = (id: string) => `${app.path}/events/${id}`;

async function html(path: string, status = 200): Promise<string> {
  const response = await app.ask(path);
  expect([path, response.status]).toEqual([path, status]);
  return response.text();
}

/** Returns the text as a reader sees it. */
function words(markup: string): string {
  return markup
    .replace(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#x27;", "'")
    .replaceAll("&amp;", "&");
}

describe("the page of an event", () => {
  test("shows the request: line, headers, body, size, sender and time", async () => {
    const event = await app.addEvent();
    const page = await html(pathOf(event.id));
    for (const part of [
      ...["POST", "/orders", "?a=1", "x-sender", "shop", "192.0.2.1", "application/json", "Orders"],
      ...[event.id, new Date(event.receivedAt).toISOString(), '{\n  "n": 1\n}'],
    ]) {
      expect(words(page) + page).toContain(part);
    }
  });

  test("shows each delivery with every attempt, the last first, and when the next is due", async () => {
    const event = await app.addEvent();
    for (const attempt of [1, 2]) {
      await app.addAttempt(event.id, {
        nextAttemptAt: app.clock.now() + 90_000,
        result: {
          attempt,
          durationMs: 1_234 * attempt,
          statusCode: 500 + attempt,
          error: `Refused ${attempt}.`,
        },
      });
    }
    const page = await html(pathOf(event.id));
    const whole = words(page);
    expect(whole).toContain("retrying2 of 12, next");
    expect(whole).toContain(", last response 502");
    const text = whole.slice(whole.indexOf("Attempt 3"));
    const order = [
      "Attempt 3",
      "Attempt 2",
      "502",
      "2.5 s",
      "Refused 2.",
      "Attempt 1",
      "501",
      "1.2 s",
      "Refused 1.",
    ];
    const places = order.map((part) => text.indexOf(part));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(page).toContain(new Date(app.clock.now() + 90_000).toISOString());
    expect(page).not.toContain("hx-trigger");
  });

  test("links to the confirmation of a subscription, if the entrypoint verifies Amazon SNS and the URL is SNS's", async () => {
    const arn = "arn:aws:sns:eu-central-1:123456789012:orders";
    const url = `https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${arn}&Token=23`;
    const add = (SubscribeURL: string) =>
      app.addEvent({
        headers: [["x-amz-sns-message-type", "SubscriptionConfirmation"]],
        body: new TextEncoder().encode(
          JSON.stringify({ Type: "SubscriptionConfirmation", TopicArn: arn, SubscribeURL }),
        ),
      });
    const [right, hostile] = [await add(url), await add("javascript:alert(1)")];
    const link = `href="${new URL(url).href.replaceAll("&", "&amp;")}"`;
    expect(await html(pathOf(right.id))).not.toContain("Confirm the subscription");
    const input = { verification: { type: "aws-sns", config: { topics: [arn], confirm: "show" } } };
    await app.useCases.entrypoints.update({ ...app.of, entrypointId: right.entrypointId, input });
    const page = await html(pathOf(right.id));
    expect(page.replaceAll("&amp;", "&")).toContain(link.replaceAll("&amp;", "&"));
    expect(page).toContain("noopener");
    expect(await html(pathOf(hostile.id))).not.toContain("Confirm the subscription");
  });

  test("polls only while an attempt is imminent", async () => {
    const event = await app.addEvent();
    expect(await html(pathOf(event.id))).toContain('hx-trigger="every 2s"');
    await app.addAttempt(event.id, { status: "delivered", nextAttemptAt: null, result: { error: null } });
    expect(await html(pathOf(event.id))).not.toContain("hx-trigger");
  });

  test("says why a delivery was given up, was discarded or is waiting", async () => {
    const event = await app.addEvent();
    await app.addAttempt(event.id, { status: "failed", nextAttemptAt: null, reason: "12 attempts failed." });
    expect(await html(pathOf(event.id))).toContain("12 attempts failed.");
    const waiting = await app.addEvent();
    await app.useCases.targets.setActive({ ...app.of, targetId: app.target.id, active: false });
    expect(await html(pathOf(waiting.id))).toContain("waits until the target is enabled");
    await app.useCases.targets.remove({ ...app.of, targetId: app.target.id });
    const page = await html(pathOf(event.id));
    expect(page).toContain("Warehouse");
    expect(page).toContain("target deleted");
    expect(page).not.toContain("Replay to Warehouse");
  });

  test("shows responses of targets: text, JSON, bytes, and that one was cut", async () => {
    const answers = [
      ["text/html", new TextEncoder().encode("<h1>no</h1>"), "<h1>no</h1>"],
      ["application/json", new TextEncoder().encode('{"a":[1]}'), '"a": [\n    1\n  ]'],
      ["image/png", new Uint8Array([0x89, 0x50, 0]), "00000000  89 50 00"],
    ] as const;
    for (const [type, responseBody, shown] of answers) {
      const event = await app.addEvent();
      await app.addAttempt(event.id, {
        result: { responseHeaders: [["Content-Type", type]], responseBody, responseBodyTruncated: true },
      });
      const text = words(await html(pathOf(event.id)));
      expect(text).toContain(shown);
      expect(text).toContain("longer than the part that is kept");
    }
  });

  test("says why no value was found in an unreadable body, and only then", async () => {
    const of = { ...app.of, entrypointId: app.entrypoint.id };
    await app.useCases.entrypoints.update({ ...of, input: { event_type_from: "$.<type>" } });
    const readable = await app.addEvent({ body: "{}" });
    expect(words(await html(pathOf(readable.id)))).not.toContain("was found");
    const latin1 = await app.addEvent({ body: Buffer.from('{"name":"é"}', "latin1") });
    const text = words(await html(pathOf(latin1.id)));
    expect(text).toContain("No event type was found at $.<type>.");
    expect(text).toContain("The body is not valid UTF-8.");
  });

  test("stays small, however large the body, and shows more on request", async () => {
    const event = await app.addEvent({ body: JSON.stringify(new Array(50_000).fill({ k: "v" })) });
    for (let attempt = 1; attempt <= 30; attempt++) {
      const responseBody = new TextEncoder().encode('{"k":1},'.repeat(8_000));
      await app.addAttempt(event.id, { result: { attempt, responseBody } });
    }
    const page = await html(pathOf(event.id));
    expect(page.length).toBeLessThan(120_000);
    expect(page).toContain("Only the beginning");
    expect(page).toContain("10 earlier attempts not shown");
    expect((await html(`${pathOf(event.id)}?body=long`)).length).toBeGreaterThan(2 * page.length);
  });

  test("links to the older event with the same key, and says what differs", async () => {
    const first = newId();
    const request = { webhookId: app.webhook.id, id: first, entrypointId: app.entrypoint.id };
    const send = (values: { id: string; body?: string; query?: string }) => {
      const { body = "hello", ...rest } = values;
      const sent = draft({ ...request, ...rest, body: Buffer.from(body) });
      return app.store.appendOnce(sent, dedupKey({ body }));
    };
    await send({ id: first });
    const [otherBody, otherQuery] = [newId(), newId()];
    await send({ id: otherBody, body: "other" });
    await send({ id: otherQuery, query: "a=2" });
    for (const [id, difference] of [
      [otherBody, "different body"],
      [otherQuery, "different method, path or query"],
    ] as const) {
      const page = await html(pathOf(id));
      expect(words(page)).toContain(`Same key, ${difference} than`);
      expect(page).toContain(`href="${pathOf(first)}"`);
    }
    expect(words(await html(pathOf(first)))).not.toContain("Same key");
    expect((await html(`${app.path}/logs`)).split("same key</span>")).toHaveLength(3);
  });

  test("links to the curl command with the public URL", async () => {
    const event = await app.addEvent({ query: "a=1&copy=2" });
    expect(await html(pathOf(event.id))).toContain(`href="${pathOf(event.id)}/copy?as=curl"`);
    const response = await app.ask(`${pathOf(event.id)}/copy?as=curl`);
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(await response.text()).toBe(
      [
        `curl -X 'POST' 'https://hooks.example/webhook/${app.entrypoint.id}/orders?a=1&copy=2' \\`,
        "  -H 'content-type: application/json' \\",
        "  -H 'x-sender: shop' \\",
        "  --data-raw '{\"n\":1}'\n",
      ].join("\n"),
    );
    const large = await app.addEvent({ body: "x".repeat(70_000), contentType: "text/plain" });
    expect(await html(`${pathOf(large.id)}/copy?as=curl`)).toContain(
      `--data-binary '@event-${large.id}.txt'`,
    );
  });

  test("of an unknown event is not found", async () => {
    await html(pathOf(newId()), 404);
    await html(pathOf("x"), 404);
    await html(`${pathOf(newId())}/body`, 404);
    const event = await app.addEvent();
    await html(`${pathOf(event.id)}/results/${newId()}/body`, 404);
  });
});

describe("neighbours of an event", () => {
  async function neighbours(id: string, query = "") {
    const page = await html(pathOf(id) + query);
    const find = (label: string) =>
      new RegExp(
        `href="([^"]+)" aria-label="${label} event"|aria-label="${label} event" href="([^"]+)"`,
      ).exec(page);
    const path = (label: string) => {
      const found = find(label);
      return (found?.[1] ?? found?.[2] ?? null)?.replaceAll("&amp;", "&") ?? null;
    };
    return { newer: path("Newer"), older: path("Older") };
  }

  test("are linked in the log's order, also if many arrived at the same time", async () => {
    const ids: string[] = [];
    for (let index = 0; index < 150; index++) {
      ids.unshift((await app.addEvent()).id);
      // Long pauses, short ones, and bursts.
      app.clock.jump(index % 50 === 0 ? 3_600_000 : index % 7 === 0 ? 900 : 3);
    }
    for (const index of [0, 1, 2, 49, 75, 148, 149]) {
      const { newer, older } = await neighbours(ids[index] ?? "");
      expect([newer, older]).toEqual([
        index === 0 ? null : pathOf(ids[index - 1] ?? ""),
        index === 149 ? null : pathOf(ids[index + 1] ?? ""),
      ]);
    }
  });

  test("respect the filter", async () => {
    const ids: string[] = [];
    for (let index = 0; index < 9; index++) {
      app.clock.jump(60_000);
      ids.push((await app.addEvent({ body: index % 3 === 0 ? "wanted" : "other" })).id);
    }
    const { newer, older } = await neighbours(ids[3] ?? "", "?q=wanted");
    expect([newer, older]).toEqual([`${pathOf(ids[6] ?? "")}?q=wanted`, `${pathOf(ids[0] ?? "")}?q=wanted`]);
    expect(await html(`${pathOf(ids[3] ?? "")}?q=wanted`)).toContain(`${app.path}/logs?q=wanted`);
  });
});

describe("replay", () => {
  test("to all active targets, or to one, returns with a message", async () => {
    const event = await app.addEvent();
    const second = await app.useCases.targets.create({ ...app.of, input: { name: "Second", type: "log" } });
    const path = pathOf(event.id);
    const all = await app.ask(`${path}/replay?status=failed`, { form: {} });
    expect([all.status, all.headers.get("location")]).toEqual([303, `${path}?status=failed`]);
    expect(await app.store.listDeliveries(app.webhook.id, event.id)).toHaveLength(2);
    const cookie = all.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    expect(await (await app.ask(path, { headers: { cookie } })).text()).toContain("Replaying to 2 targets.");

    await app.addAttempt(event.id, {
      targetId: second.id,
      replays: 1,
      status: "failed",
      nextAttemptAt: null,
    });
    await app.ask(`${path}/replay`, { form: { target_id: second.id } });
    const deliveries = await app.store.listDeliveries(app.webhook.id, event.id);
    expect(deliveries.find(({ targetId }) => targetId === second.id)?.status).toBe("pending");
  });

  test("without an active target says what is missing", async () => {
    const event = await app.addEvent();
    await app.useCases.targets.setActive({ ...app.of, targetId: app.target.id, active: false });
    const answer = await app.ask(`${pathOf(event.id)}/replay`, { form: {} });
    const cookie = answer.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    expect(await (await app.ask(pathOf(event.id), { headers: { cookie } })).text()).toContain(
      "No target is active",
    );
  });

  test("of an unknown event or target is not found", async () => {
    const event = await app.addEvent();
    expect((await app.ask(`${pathOf(newId())}/replay`, { form: {} })).status).toBe(404);
    expect((await app.ask(`${pathOf(event.id)}/replay`, { form: { target_id: newId() } })).status).toBe(404);
  });
});

describe("the bytes of a body", () => {
  test("are shown as inert plain text, whatever their content type", async () => {
    const body = "<script>alert(1)</script>";
    for (const contentType of [
      "text/html",
      "image/svg+xml",
      "application/xhtml+xml",
      "",
      "text/javascript",
    ]) {
      const event = await app.addEvent({ contentType, body });
      const response = await app.ask(`${pathOf(event.id)}/body`);
      expect(await response.text()).toBe(body);
      expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("content-security-policy")).toStartWith("sandbox; default-src 'none'");
    }
  });

  test("are downloaded exactly, under a name derived from the event's id", async () => {
    const body = Uint8Array.from({ length: 256 }, (_, index) => index);
    const event = await app.addEvent({ contentType: "image/png", body });
    for (const path of [`${pathOf(event.id)}/body`, `${pathOf(event.id)}/body?download`]) {
      const response = await app.ask(path);
      expect([...(await response.bytes())]).toEqual([...body]);
      expect(response.headers.get("content-disposition")).toBe(
        `attachment; filename="event-${event.id}.bin"`,
      );
      expect(response.headers.get("content-type")).toBe("application/octet-stream");
    }
  });

  test("of a response are served the same way", async () => {
    const event = await app.addEvent();
    await app.addAttempt(event.id, { result: { responseHeaders: [["content-type", "text/html"]] } });
    const [delivery] = await app.store.listDeliveries(app.webhook.id, event.id);
    const response = await app.ask(`${pathOf(event.id)}/results/${delivery?.results[0]?.id}/body`);
    expect([await response.text(), response.headers.get("content-type")]).toEqual([
      "no",
      "text/plain; charset=utf-8",
    ]);
  });
});
