import { afterEach, describe, expect, test } from "bun:test";
import { healthcheck } from "../../src/cli/healthcheck.ts";

let server: Bun.Server<undefined> | null = null;

afterEach(async () => {
  await server?.stop(true);
  server = null;
});

function serve(hostname: string, answer: (path: string) => Response): number {
  server = Bun.serve({ hostname, port: 0, fetch: (request) => answer(new URL(request.url).pathname) });
  return server.port ?? 0;
}

describe("healthcheck", () => {
  test.each(["127.0.0.1", "0.0.0.0", "localhost"])(
    "a gateway on %s that answers 200 is well",
    async (host) => {
      const paths: string[] = [];
      const port = serve(host, (path) => {
        paths.push(path);
        return new Response("ok");
      });
      expect(await healthcheck({ host, port })).toBe(true);
      expect(paths).toEqual(["/.well-known/healthcheck"]);
    },
  );

  test.each([503, 302, 404])("a response of %d is unhealthy", async (status) => {
    const port = serve("127.0.0.1", () => new Response(null, { status, headers: { location: "/" } }));
    expect(await healthcheck({ host: "127.0.0.1", port })).toBe(false);
  });

  test("an unused port is unhealthy", async () => {
    const port = serve("127.0.0.1", () => new Response());
    await server?.stop(true);
    expect(await healthcheck({ host: "127.0.0.1", port })).toBe(false);
  });
});
