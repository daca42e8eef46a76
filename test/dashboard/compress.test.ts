import { describe, expect, test } from "bun:test";
import { compressPage } from "../../src/dashboard/compress.ts";

const MARKUP = `<!doctype html>${"<p>row</p>".repeat(1_000)}`;

function ask(acceptEncoding: string | null): Request {
  return new Request("http://localhost/sources", {
    headers: acceptEncoding === null ? {} : { "accept-encoding": acceptEncoding },
  });
}

function page(markup = MARKUP): Response {
  const answer = new Response(markup, {
    status: 422,
    headers: { "content-type": "text/html; charset=utf-8" },
  });
  answer.headers.append("set-cookie", "a=1");
  answer.headers.append("set-cookie", "b=2");
  return answer;
}

describe("a page", () => {
  test("is compressed for a browser that accepts it, with its status and all its cookies", async () => {
    const answer = await compressPage(ask("gzip, br"), page());
    const bytes = new Uint8Array(await answer.arrayBuffer());
    expect(answer.headers.get("content-encoding")).toBe("gzip");
    expect(bytes.byteLength).toBeLessThan(MARKUP.length / 20);
    expect(new TextDecoder().decode(Bun.gunzipSync(bytes))).toBe(MARKUP);
    expect(answer.status).toBe(422);
    expect(answer.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(answer.headers.get("vary")).toBe("accept-encoding");
  });

  test("is not compressed if the client does not accept it, or if it is short", async () => {
    for (const answer of [
      await compressPage(ask(null), page()),
      await compressPage(ask("gzip"), page("<p>short</p>")),
    ]) {
      expect(answer.headers.has("content-encoding")).toBe(false);
      expect(answer.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
      expect(await answer.text()).toStartWith("<");
    }
  });
});

test("other responses are unchanged: redirects, bodies of events, streams", async () => {
  const answers = [
    new Response(null, { status: 303, headers: { location: "/sources" } }),
    new Response(MARKUP, { headers: { "content-type": "text/plain; charset=utf-8" } }),
    new Response(new ReadableStream(), { headers: { "content-type": "text/event-stream" } }),
  ];
  for (const answer of answers) expect(await compressPage(ask("gzip"), answer)).toBe(answer);
});
