import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { faultInReply, reasonInReply } from "../../src/targets/slack-reply.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Replies of chats that accepted a message. */
const TAKEN: Readonly<Record<string, string>> = {
  Slack: "ok",
  "Slack with a line's end": "ok\r\n",
  "Mattermost, and Discord's Slack endpoint": "ok",
  "Power Automate's 202 and Discord's 204": "",
  Zulip: '{"result":"success","msg":"","ignored_parameters_unsupported":["blocks"]}',
  "Rocket.Chat": '{"success":true}',
  "Matrix bridges": '{"ok":true}',
  "Teams' connectors": "1",
  Lark: '{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}',
  "Feishu before": '{"Extra":null,"StatusCode":0,"StatusMessage":"success"}',
  DingTalk: '{"errcode":0,"errmsg":"ok"}',
  WeCom: '{"errcode":0,"errmsg":"ok"}',
  "Google Chat":
    '{"name":"spaces/A/messages/B","text":"an error occurred","createTime":"2026-01-02T03:04:05Z"}',
  "Discord that waits": '{"id":"1","type":0,"content":"invalid","mentions":[],"flags":0}',
  "a proxy's sentence": "Message accepted, no errors.",
  "a status in a number": '{"status":200}',
  "a status in a word": '{"status":"Success","error":null,"errors":[]}',
  "a code like a status": '{"code":200,"message":"success"}',
  "a code in a string": '{"code":"0","error":""}',
  "a list": "[]",
  true: "true",
  null: "null",
  "an object that says nothing": "{}",
  "a name for success": "message_sent",
  "a sentence that names a channel": "Posted to #errors",
  "a sentence on the message": "Your message has been sent to channel build-failures",
  "a count without failures": "1 delivered, 0 failed",
  "a count of failures that is zero": "Delivered: 3, failed: 0",
  "a word and a remark": "OK: forwarded, errors are logged",
  "a message beside a code of its own": '{"code":10000,"message":"Message sent"}',
  "one for yes": '{"success":1,"code":5}',
  "a word for no error": '{"error":"none","errors":"0"}',
  "an error of code zero": '{"error":{"code":0,"message":"done"}}',
  "an object that counts no errors": '{"errors":{"count":0,"first":null}}',
};

/** Replies of chats, with a 2xx status, that did not accept a message, and the reported reasons. */
const REFUSED: Readonly<Record<string, readonly [reply: string, reason: string]>> = {
  "Slack's old endpoints": ["no_text", "no_text"],
  "Slack's methods": ['{"ok":false,"error":"invalid_auth"}', "invalid_auth"],
  DingTalk: ['{"errcode":310000,"errmsg":"keywords not in content"}', "keywords not in content (310000)"],
  WeCom: ['{"errcode":93000,"errmsg":"invalid webhook url"}', "invalid webhook url (93000)"],
  Feishu: ['{"code":19001,"data":{},"msg":"param invalid"}', "param invalid (19001)"],
  "Feishu before": ['{"StatusCode":9499,"StatusMessage":"Bad Request"}', "Bad Request (9499)"],
  Zulip: ['{"result":"error","msg":"Invalid API key","code":"UNAUTHORIZED"}', "Invalid API key"],
  "Rocket.Chat": ['{"success":false,"error":"invalid-channel"}', "invalid-channel"],
  Teams: [
    "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429",
    "HTTP error 429",
  ],
  "an error in an object": ['{"error":{"code":7,"message":"gone"}}', "gone"],
  "a list of errors": ['{"errors":[{"message":"too long"}]}', "too long"],
  "an error without words": ['{"error":true}', "the response reports a failure"],
  "a page": [
    "<!DOCTYPE html><title>Sign in</title>",
    "it responded with an HTML page. Check that the URL is an incoming webhook.",
  ],
  "a page without a type": [
    "\n<html>sign in</html>",
    "it responded with an HTML page. Check that the URL is an incoming webhook.",
  ],
  "zero for no": ['{"success":0,"message":"no token"}', "no token"],
  "a result that is false": ['{"result":false}', "the response reports a failure"],
  "a status in a text": ['{"status":"404","message":"not here"}', "not here"],
  "a status code": ['{"statusCode":403,"message":"not you"}', "not you (403)"],
  "a message that was not sent": ["Message not sent: invalid token", "invalid token"],
  "a sentence on what was received": ["Received an invalid payload", "invalid payload"],
  "a word for yes that is denied": ["Success: false, error 12", "error 12"],
  no: ["no", "no"],
  false: ["false", "false"],
};

describe("a reply with a status 2xx", () => {
  for (const [chat, reply] of Object.entries(TAKEN)) {
    test(`of ${chat} means that the message was accepted`, () => {
      expect(faultInReply(bytes(reply))).toBeNull();
    });
  }

  for (const [chat, [reply, reason]] of Object.entries(REFUSED)) {
    test(`of ${chat} is a refusal if it says so`, () => {
      expect(faultInReply(bytes(reply))).toContain(reason);
    });
  }

  test("that is a long text and no page is no refusal, whatever words it contains", () => {
    expect(faultInReply(bytes(`error ${"lorem ipsum ".repeat(50)}`))).toBeNull();
    expect(faultInReply(bytes(`{"ok":false,"x":"${"y".repeat(20_000)}"}`))).toBeNull();
  });

  test("is interpreted whatever its bytes are, in one short line", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.jsonValue(), (noise, value) => {
        const error = JSON.stringify({ ok: false, error: new TextDecoder("latin1").decode(noise), value });
        for (const body of [noise, bytes(JSON.stringify(value)), bytes(error)]) {
          for (const reason of [faultInReply(body), reasonInReply(body)]) {
            expect(reason ?? "").toMatch(/^[^\p{Cc}]{0,200}$/u);
          }
        }
      }),
    );
  });
});

test("a reply with another status is reported in the chat's own words", () => {
  expect(reasonInReply(bytes("channel_is_archived"))).toBe("channel_is_archived");
  expect(reasonInReply(bytes('{"message":"Cannot send an empty message","code":50006}'))).toBe(
    "Cannot send an empty message (50006)",
  );
  expect(reasonInReply(bytes("<h1>Bad gateway</h1>"))).toBeNull();
});
