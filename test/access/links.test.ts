/** A member's pages link to no page that the member's role does not open. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { startTestEvents, type TestEvents } from "../support/test-events.ts";

const ID = /[0-9a-f]{8}-[0-9a-f-]{27}/g;

let app: TestEvents;
let memberId: string;

beforeAll(async () => {
  app = await startTestEvents();
  const config = { url: "https://warehouse.example/in" };
  const input = { name: "Signed", type: "http", config };
  const { id: targetId } = await app.useCases.targets.create({ ...app.of, input });
  const event = await app.addEvent({
    type: "order.paid",
    targets: [{ id: targetId, settlesAtIngest: false }],
  });
  await app.addAttempt(event.id, { targetId, status: "failed", nextAttemptAt: null, reason: "Gave up." });
  app.notices.targetGivenUp({ webhookId: app.webhook.id, targetId, reason: "Gave up." });
  app.notices.flush();
  const member = await app.useCases.members.add({ ...app.of, input: { username: "bob", role: "viewer" } });
  memberId = member.id ?? "";
});
afterAll(() => app.stop());

/** Asks for one page of each kind that is linked from those before; lists what is refused. */
async function walk(as: string): Promise<Readonly<{ asked: number; refused: readonly string[] }>> {
  const waiting = ["/sources", "/problems"];
  const seen = new Set<string>();
  const refused: string[] = [];
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    const { pathname, searchParams } = new URL(path, "http://localhost");
    const kind = `${pathname.replaceAll(ID, ":id")} ${[...searchParams.keys()].sort().join(" ")}`;
    if (seen.has(kind)) continue;
    seen.add(kind);
    const answer = await app.ask(path, { as });
    const html = await answer.text();
    if (answer.status === 403) refused.push(kind);
    for (const [, href = ""] of html.matchAll(/href="(\/[^"#]*)/g)) {
      if (!/^\/(?:assets|docs|api)\b/.test(href)) waiting.push(href.replaceAll("&amp;", "&"));
    }
  }
  return { asked: seen.size, refused };
}

test("the owner's pages link to none that is refused", async () => {
  const { asked, refused } = await walk(app.ada);
  expect(refused).toEqual([]);
  expect(asked).toBeGreaterThan(40);
});

test.each([
  ["viewer", false],
  ["replayer", true],
  ["editor", true],
])(
  "a %s finds no link to a page that is refused, and is asked to repair only if it may",
  async (role, may) => {
    await app.useCases.members.setRole({ ...app.of, memberId, input: { role } });
    const { asked, refused } = await walk(app.bob);
    expect(refused).toEqual([]);
    expect(asked).toBeGreaterThan(40);
    const problems = await (await app.ask("/problems", { as: app.bob })).text();
    expect(problems).toContain("Gave up.");
    expect(problems.includes("Acknowledge problem")).toBe(may);
    expect(problems.includes("Replay once fixed")).toBe(may);
  },
);
