import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { z } from "zod";
import { slackMessage } from "../../src/targets/slack-message.ts";
import { describeTargetContract, failed } from "./contract.ts";
import { attemptOf, event, startTargetBench } from "./target-bench.ts";

describeTargetContract({
  type: "slack",
  config: (receiver) => ({ url: `${receiver.url}/services/T0/B0/hunter2` }),
  secrets: ["hunter2"],
  success: { status: 200, body: "ok" },
  remote: true,
});

const text = z.object({ type: z.enum(["mrkdwn", "plain_text"]), text: z.string() });
/** Slack's own limits, from its block reference. */
const message = z.object({
  text: z.string().min(1).max(40_000),
  blocks: z
    .array(
      z.discriminatedUnion("type", [
        z.object({ type: z.literal("header"), text: text.extend({ text: z.string().min(1).max(150) }) }),
        z.object({
          type: z.literal("section"),
          text: text.extend({ text: z.string().min(1).max(3000) }).optional(),
          fields: z
            .array(text.extend({ text: z.string().min(1).max(2000) }))
            .min(1)
            .max(10)
            .optional(),
        }),
        z.object({ type: z.literal("context"), elements: z.array(text).min(1).max(10) }),
      ]),
    )
    .max(50),
});

function render(changes: Partial<typeof event>, webhookName = "Shop") {
  const rendered = message.parse(slackMessage({ event: { ...event, ...changes }, webhookName }));
  const sections = rendered.blocks.flatMap((block) => (block.type === "section" ? [block] : []));
  const body = sections.find((section) => section.text !== undefined)?.text?.text ?? null;
  const fields = sections.flatMap((section) => section.fields?.map((field) => field.text) ?? []);
  return { rendered, body, fields };
}
const bytes = (content: string) => new TextEncoder().encode(content);

describe("a Slack message", () => {
  test("shows webhook, method, content type, size, time and pretty JSON", () => {
    const { rendered, body, fields } = render({});
    expect(rendered.blocks[0]).toMatchObject({ type: "header", text: { text: "Shop" } });
    expect(fields).toEqual([
      "*Method*\nPOST",
      "*Content type*\napplication/json",
      "*Size*\n17 B",
      "*Received*\n2026-01-02 03:04:05 UTC",
    ]);
    expect(body).toBe('```\n{\n  "hello": "world"\n}\n```');
    expect(JSON.stringify(rendered)).toContain(event.id);
  });

  test("escapes Slack markup, and keeps a fence in the body from closing the message's own", () => {
    const { body, rendered } = render(
      { body: bytes("<!channel> & ``` x `````` y"), contentType: "a<b>" },
      "<@U1> & co",
    );
    expect(body?.slice(4, -4)).not.toContain("``");
    expect(body).toContain("&lt;!channel&gt; &amp;");
    expect(rendered.text).toStartWith("&lt;@U1&gt; &amp; co");
    expect(JSON.stringify(rendered.blocks[1])).toContain("a&lt;b&gt;");
  });

  test("stays within Slack's limits for any body and name", () => {
    const long = [
      "x".repeat(1_000_000),
      "<".repeat(5_000),
      "`".repeat(5_000),
      "😀".repeat(5_000),
      JSON.stringify(Array(5_000).fill("&")),
      "é".repeat(200_000),
    ];
    for (const content of long) {
      const { body, rendered } = render(
        { body: bytes(content), contentType: "t".repeat(5_000) },
        "n😀".repeat(200),
      );
      expect(body?.length).toBeGreaterThan(2_900);
      expect(body).toEndWith("…\n```");
      const [header] = rendered.blocks;
      expect(header?.type === "header" && header.text.text.isWellFormed()).toBe(true);
      expect(body?.isWellFormed()).toBe(true);
      expect(body?.replaceAll(/&(amp|lt|gt);/g, "")).not.toContain("&");
    }
    const { body } = render({ body: bytes("y".repeat(2_900)) });
    expect(body).not.toContain("…");
  });

  test("shows numbers, escapes and repeated keys of JSON as they were sent", () => {
    const { body } = render({ body: bytes('{"id":1610521604143693812,"id":1.10,"s":"\\u00e9"}') });
    expect(body).toBe('```\n{\n  "id": 1610521604143693812,\n  "id": 1.10,\n  "s": "\\u00e9"\n}\n```');
  });

  test("of JSON of any depth is small", () => {
    const depth = 1_000_000;
    const { body } = render({ body: bytes("[".repeat(depth) + "]".repeat(depth)) });
    expect(body).toStartWith("```\n[\n  [\n    [");
    expect(body).toEndWith("…\n```");
  });

  test("says that a body is not text, and omits an empty one", () => {
    expect(render({ body: new Uint8Array([0xff, 0xfe]) }).body).toBe("_The body is not text._");
    expect(render({ body: new Uint8Array() }).body).toBeNull();
    expect(render({ contentType: "" }, "").fields).toContain("*Content type*\nnone");
  });
});

describe("the slack target", () => {
  let bench: Awaited<ReturnType<typeof startTargetBench>>;
  beforeEach(async () => {
    bench = await startTargetBench("slack");
  });
  afterEach(() => bench.stop());
  const deliver = () => bench.type.deliver(attemptOf({ url: `${bench.receiver.url}/services/x` }));

  test("posts JSON with the event's id", async () => {
    bench.receiver.answerWith({ body: "ok" });
    await deliver();
    const [request] = bench.receiver.requests;
    expect([request?.method, request?.path]).toEqual(["POST", "/services/x"]);
    expect(request?.header("content-type")).toBe("application/json; charset=utf-8");
    expect(request?.header("x-webhooker-event-id")).toBe(event.id);
    expect(message.safeParse(JSON.parse(new TextDecoder().decode(request?.body))).success).toBe(true);
  });

  test("is delivered if a chat accepts it in its own words", async () => {
    bench.receiver.answerWith({ body: '{"result":"success","msg":""}' });
    expect((await deliver()).kind).toBe("delivered");
  });

  test("has failed if a chat refuses the message, although the status is 200", async () => {
    bench.receiver.answerWith({ body: '{"ok":false,"error":"invalid_auth"}' });
    expect(failed(await deliver()).error).toBe("HTTP 200, but the message was refused: invalid_auth");
  });

  test("reports the error that Slack names", async () => {
    bench.receiver.answerWith({ status: 410, body: "channel_is_archived" });
    expect(failed(await deliver()).error).toBe("HTTP 410: channel_is_archived");
  });
});
