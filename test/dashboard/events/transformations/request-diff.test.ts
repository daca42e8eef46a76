import { expect, test } from "bun:test";
import { RequestDiff } from "../../../../src/dashboard/events/transformations/request-diff.tsx";

const request = (body: string) => ({
  method: "POST",
  pathTail: "",
  query: "",
  headers: [] as const,
  contentType: "application/json",
  body: Buffer.from(body),
});

async function diffOf(before: string, after: string): Promise<string> {
  return String(await RequestDiff({ before: request(before), after: request(after) }));
}

test("JSON is compared line by line, with numbers as they are written", async () => {
  const html = await diffOf('{"id":1610521604143693812,"a":1.0}', '{"id":1610521604143693812,"a":2}');
  expect(html).toContain("<bdi>    &quot;id&quot;: 1610521604143693812,</bdi>");
  expect(html).toContain("<bdi>−   &quot;a&quot;: 1.0</bdi>");
  expect(html).toContain("<bdi>+   &quot;a&quot;: 2</bdi>");
});

test("bodies that are nested or listed without end make no endless page", async () => {
  const nested = "[".repeat(32_000) + "]".repeat(32_000);
  const listed = `[${"1,".repeat(30_000)}1]`;
  for (const body of [nested, listed, "\n".repeat(60_000)]) {
    const html = await diffOf(body, body);
    expect(html.length).toBeLessThan(400_000);
    expect(html).toContain("(cut here)");
  }
});
