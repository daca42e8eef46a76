/** Access that is taken away ends what is under way: open pages, exports, downloads, pulls that wait. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { pulledSchema } from "../../src/api/pull/pull-schemas.ts";
import { ADA_TOKEN, BOB_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";
import { appErrorOf } from "../support/thrown.ts";

const readerOf = (answer: Response) => answer.body?.getReader();
type Reader = ReturnType<typeof readerOf>;

let api: TestApi;
let path: string;

beforeEach(async () => {
  api = await startTestApi();
  path = `/source/${api.webhook.id}`;
});
afterEach(() => api.stop());

const share = async (role: string) =>
  (await api.useCases.members.add({ ...api.of, input: { username: "bob", role } })).id ?? "";
const stopSharing = (memberId: string) => api.useCases.members.remove({ ...api.of, memberId });

/** Runs the event loop until the condition is true. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}

describe("the stream of an open page", () => {
  const WAYS: readonly (readonly [string, () => Promise<() => unknown>])[] = [
    [
      "when its reader is no longer a member",
      async () => {
        const id = await share("viewer");
        return () => stopSharing(id);
      },
    ],
    [
      "when its reader leaves the team",
      async () => {
        const { teams, members } = api.useCases;
        const userId = await api.addUser("root", "admin");
        const { id: teamId } = await teams.create({ userId, input: { name: "Support" } });
        await teams.addUser({ userId, teamId, input: { username: "bob" } });
        await members.add({ ...api.of, input: { team: "Support", role: "viewer" } });
        return () => teams.removeUser({ userId, teamId, memberId: api.bob });
      },
    ],
    [
      "when its reader is disabled",
      async () => {
        await share("viewer");
        return () => api.parts.users.disable(api.bob);
      },
    ],
    [
      "when its reader is signed out everywhere",
      async () => {
        await share("viewer");
        return () => api.parts.sessions.endAll({ userId: api.bob });
      },
    ],
    [
      "when the webhook is deleted",
      async () => {
        await share("viewer");
        return () => api.useCases.webhooks.remove(api.of);
      },
    ],
  ];

  test.each(WAYS)("ends %s, and sends nothing that came later", async (_how, prepare) => {
    const takeAway = await prepare();
    const headers = { cookie: await api.cookieOf(api.bob), accept: "text/event-stream" };
    for (const page of ["/live", "/logs/live"]) {
      const answer = await fetch(api.server.url + path + page, { headers });
      expect([page, answer.status]).toEqual([page, 200]);
      const reader = readerOf(answer);
      await reader?.read();
      streams.push(reader);
    }
    await takeAway();
    for (const reader of streams.splice(0)) {
      const rest = await readRest(reader);
      expect(rest).toContain("event: end");
      expect(rest).not.toContain(api.event.id);
    }
    expect((await fetch(api.server.url + path, { headers, redirect: "manual" })).status).not.toBe(200);
  });

  const streams: Reader[] = [];

  /** Lets the time of a heartbeat pass, and reads to the end. */
  async function readRest(reader: Reader): Promise<string> {
    const decoder = new TextDecoder();
    let text = "";
    let isOver = false;
    const reading = (async () => {
      for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
        text += decoder.decode(part.value);
      }
      isOver = true;
    })();
    await until(() => {
      api.clock.advance(1_000);
      return isOver;
    });
    await reading;
    return text;
  }
});

describe("an export", () => {
  test("that is being written is not handed out, and its file goes", async () => {
    const id = await share("editor");
    const writing = appErrorOf(() =>
      api.parts.transfer.exportWebhook({ userId: api.bob, webhookId: api.webhook.id, passphrase: null }),
    );
    await stopSharing(id);
    expect((await writing).kind).toBe("not_found");
    const left = readdirSync(api.dataDir).filter((name) => /export|transfer|\.tmp/.test(name));
    expect(left).toEqual([]);
  });

  test("with secrets ends for an owner who becomes an editor", async () => {
    const id = await share("owner");
    const of = { userId: api.bob, webhookId: api.webhook.id, passphrase: "a long passphrase" };
    const writing = appErrorOf(() => api.parts.transfer.exportWebhook(of));
    await api.useCases.members.setRole({ ...api.of, memberId: id, input: { role: "editor" } });
    expect((await writing).kind).toBe("forbidden");
  });

  test("of the audit log ends when its key is revoked", async () => {
    for (let n = 0; n < 900; n++) {
      api.mainDb.audit.add({ action: "test.entry", objectName: "x".repeat(150), ownerId: api.bob });
    }
    const headers = { authorization: `Bearer ${BOB_TOKEN}` };
    const ask = () => api.app.handle(new Request("http://localhost/api/v1/audit/export", { headers }));
    const whole = (await (await ask()).text()).trim().split("\n").length;
    expect(whole).toBeGreaterThanOrEqual(900);
    const answer = await ask();
    const reader = readerOf(answer);
    await reader?.read();
    const [key] = api.parts.apiKeys.list({ userId: api.bob });
    api.parts.apiKeys.revoke({ id: key?.id ?? "" });
    let steps = 0;
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) steps++;
    // One more was read ahead.
    expect(steps).toBeLessThanOrEqual(1);
  });
});

describe("a pull that waits", () => {
  const WAYS: readonly (readonly [string, number, (memberId: string) => unknown])[] = [
    ["a member who is removed", 404, (id) => stopSharing(id)],
    [
      "a member who may only look",
      403,
      (memberId) => api.useCases.members.setRole({ ...api.of, memberId, input: { role: "viewer" } }),
    ],
    [
      "a key that is revoked",
      401,
      () => {
        const [key] = api.parts.apiKeys.list({ userId: api.bob });
        api.parts.apiKeys.revoke({ id: key?.id ?? "" });
      },
    ],
  ];

  test.each(WAYS)("brings nothing to %s, and the next puller gets it", async (_who, status, takeAway) => {
    const id = await share("replayer");
    await api.useCases.targets.setActive({ ...api.of, targetId: api.target.id, active: false });
    const input = { name: "Laptop", type: "pull" };
    const target = await api.useCases.targets.create({ ...api.of, input });
    await api.parts.delivery.start();
    const to = `/webhooks/${api.webhook.id}/targets/${target.id}/pull`;
    const waiting = api.call("POST", to, { token: BOB_TOKEN, json: {} });
    await until(() => api.parts.delivery.pulls.presence(target.id).isConnected);
    await takeAway(id);
    const targets = api.mainDb.routing.findRoute(api.entrypoint.id)?.targets ?? [];
    const event = await api.addEvent({ targets });
    const answer = await waiting;
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain(event.id);
    const { data } = pulledSchema.parse((await api.call("POST", to, { token: ADA_TOKEN, json: {} })).body);
    expect(data.map(({ event_id, attempt }) => [event_id, attempt])).toEqual([[event.id, 1]]);
  });
});
