import { expect, test } from "bun:test";
import { createSystemResolve } from "../../src/outbound/system-resolve.ts";

const HERE = [{ address: "127.0.0.1", family: 4 }];

test("this machine's own name resolves to loopback", async () => {
  const found = await createSystemResolve()("localhost");
  for (const { address } of found) expect(["127.0.0.1", "::1"]).toContain(address);
  expect(found.length).toBeGreaterThan(0);
});

test("the system resolver, which holds a thread, is used only for names not found without it", async () => {
  const asked: string[] = [];
  const resolve = createSystemResolve({
    async ares(host) {
      if (host === "printer.local") throw new Error("ENOTFOUND");
      return HERE;
    },
    async system(host) {
      asked.push(host);
      return HERE;
    },
  });
  for (const host of ["public.example", "printer.local"]) expect(await resolve(host)).toEqual(HERE);
  expect(asked).toEqual(["printer.local"]);
});

test("the system resolver is used for one name at a time, so that silent name servers hold one thread at most", async () => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  let asked = 0;
  const resolve = createSystemResolve({
    ares: (host) => Promise.reject(new Error(`${host} timed out`)),
    async system() {
      asked++;
      await answered;
      return HERE;
    },
  });
  const first = resolve("a.example");
  await expect(resolve("b.example")).rejects.toThrow("b.example timed out");
  expect(asked).toBe(1);
  answer();
  expect(await first).toEqual(HERE);
  expect(await resolve("b.example")).toEqual(HERE);
});
