import { afterAll, expect, test } from "bun:test";
import { changesOf, codeOf, faultOf, handlerOf, inputOf, openSandbox } from "../sandbox/support.ts";
import { executable, runExecutable } from "../support/gateway.ts";

const sandbox = openSandbox({ program: [executable()] });
afterAll(() => sandbox.stop());

test("the executable transforms, with types or without, and tells where a fault is", async () => {
  const typed = codeOf("function transform(payload: { n: number }): unknown { return { n: payload.n + 1 } }");
  expect(changesOf(await sandbox.run(typed, inputOf()))).toEqual({ body: '{"n":2}' });
  const broken = handlerOf("(request) => {\n  return request.nothing.at.all;\n}");
  expect(faultOf(await sandbox.run(broken, inputOf()))).toMatchObject({ line: 2 });
});

test("it ends what takes too long, uses too much memory, or cannot be ended from inside", async () => {
  const tooLong = await sandbox.run(handlerOf("() => { for (;;); }"), inputOf());
  expect(faultOf(tooLong).message).toBe("It took longer than 100 ms.");
  const tooMuch = handlerOf("() => { const a = []; for (;;) a.push(new ArrayBuffer(1 << 20)); }");
  expect(faultOf(await sandbox.run(tooMuch, inputOf())).message).toContain("memory");
  const endless = handlerOf("() => Array.prototype.reverse.call({ length: 9007199254740991 })");
  expect(await sandbox.run(endless, inputOf())).toEqual({ killed: true });
  expect(changesOf(await sandbox.run(handlerOf("() => ({ body: 1 })"), inputOf()))).toEqual({ body: "1" });
});

test("as a sandbox it ends with its input, and says nothing about itself", async () => {
  const folder = import.meta.dir;
  const ended = await runExecutable({ args: ["--sandbox"], folder, stdin: "" });
  expect(ended).toMatchObject({ out: "ready\n", err: "", signal: "SIGKILL" });
});
