import { afterEach, expect, spyOn, test } from "bun:test";
import { startOver } from "../../src/lib/start-over.ts";

const execve = spyOn(process, "execve");

afterEach(() => {
  execve.mockReset();
});

test("a program run from its sources is restarted with their path and the same arguments", () => {
  execve.mockImplementation((() => undefined) as () => never);
  startOver({ PORT: "1" });
  const [file, words, env] = execve.mock.calls[0] ?? [];
  expect([file, env]).toEqual([process.execPath, { PORT: "1" }]);
  expect(words?.slice(-1 - process.argv.slice(2).length)).toEqual([Bun.main, ...process.argv.slice(2)]);
});

test("a system without execve continues without the new environment", () => {
  execve.mockImplementation(() => {
    throw new Error("not here");
  });
  startOver({});
  expect(execve).toHaveBeenCalledTimes(1);
});
