/** `webhooker send`: what no request can be made of is a fault of usage, told without a stack. */
import { expect, test } from "bun:test";
import { runCommand } from "../support/run-command.ts";

const send = (...words: string[]) => runCommand(["send", ...words], { environment: { HOME: "/nowhere" } });
const URL_OF_ENTRYPOINT = "http://127.0.0.1:9/webhook/a";

test.each(["X-Name: \u2603", "X Name: a", ": a", "a"])("the header %j is refused", async (header) => {
  const { code, err } = await send(URL_OF_ENTRYPOINT, "--header", header);
  expect([code, err.join()]).toEqual([2, expect.stringMatching(/'--header <header>' .* is invalid\./)]);
});

test("a method that no entrypoint can have is refused, not sent as another", async () => {
  const { code, err } = await send(URL_OF_ENTRYPOINT, "--method", "BREW");
  expect([code, err.join()]).toEqual([2, expect.stringContaining("Use one of POST, GET, PUT")]);
});

test("a method is known in any case", async () => {
  const seen: string[] = [];
  const server = Bun.serve({
    port: 0,
    fetch({ method }) {
      seen.push(method);
      return new Response();
    },
  });
  for (const method of ["patch", "Get"]) await send(server.url.href, "--method", method);
  await server.stop(true);
  expect(seen).toEqual(["PATCH", "GET"]);
});

test("what is no URL is told so", async () => {
  expect((await send("http://")).err).toEqual(["webhooker: http:// is not a valid URL."]);
});

test("a header that is given twice is sent with both values, and replaces the default", async () => {
  const seen: (string | null)[] = [];
  const server = Bun.serve({
    port: 0,
    fetch({ headers }) {
      seen.push(headers.get("x-tag"), headers.get("content-type"));
      return new Response();
    },
  });
  const headers = ["X-Tag: a", "x-tag: b", "Content-Type: text/plain"].flatMap((each) => ["--header", each]);
  await send(server.url.href, ...headers);
  await server.stop(true);
  expect(seen).toEqual(["a, b", "text/plain"]);
});
