import { expect, test } from "bun:test";
import { join } from "node:path";
import { changesOf, handlerOf, inputOf, openSandbox } from "./support.ts";

test("every run is answered once, however often the process is killed meanwhile", async () => {
  const code = handlerOf("(request) => ({ body: request.body.n })");
  // Three in a row that are killed while they start are a sandbox that does not start.
  const [heard, killed] = [new Set<number>(), new Set<number>()];
  const sandbox = openSandbox({ onHeard: (pid) => heard.add(pid) });
  let kills = 0;
  let runs = 0;
  async function runSome(): Promise<void> {
    while (kills < 10) {
      const n = runs++;
      expect(changesOf(await sandbox.run(code, inputOf({ body: JSON.stringify({ n }) })))).toEqual({
        body: `${n}`,
      });
      if (n % 50 !== 49) continue;
      const running = sandbox.pids().filter((pid) => heard.has(pid) && !killed.has(pid));
      for (const pid of running) {
        killed.add(pid);
        process.kill(pid, "SIGKILL");
      }
      if (running.length > 0) kills++;
    }
  }
  await Promise.all(Array.from({ length: 32 }, runSome));
  expect(runs).toBeGreaterThanOrEqual(500);
  sandbox.stop();
});

test("the code that is to blame is not run after three kills in a row", async () => {
  const disabled: string[] = [];
  const strict = openSandbox({ onStopped: ({ key }, standing) => disabled.push(`${standing} ${key}`) });
  const code = handlerOf("() => new Array(4294967295).indexOf(1)");
  const innocent = handlerOf("() => ({ body: 1 })");
  for (let run = 0; run < 3; run++) {
    expect(disabled).toEqual([]);
    const [killed, beside] = await Promise.all([
      strict.run(code, inputOf()),
      strict.run(innocent, inputOf()),
    ]);
    expect(killed).toEqual({ killed: true });
    expect(changesOf(beside)).toEqual({ body: "1" });
  }
  expect(disabled).toEqual([`disabled ${code.key}`]);
  expect(await strict.run(code, inputOf())).toEqual({ disabled: true });
  expect(changesOf(await strict.run(innocent, inputOf()))).toEqual({ body: "1" });
  strict.stop();
});

test("code that has worked before rests after three kills in a row, as its events may be to blame", async () => {
  const stopped: string[] = [];
  const patient = openSandbox({ onStopped: (_code, standing) => stopped.push(standing) });
  const code = handlerOf(
    "({ body }) => ({ body: body.n === 0 ? new Array(4294967295).indexOf(1) : body.n })",
  );
  const poison = inputOf({ body: '{"n":0}' });
  // A run on a busy machine may be a long one.
  for (let inARow = 0; inARow < 20; ) {
    const ran = await patient.run(code, inputOf());
    inARow = "micros" in ran && ran.micros <= 10_000 ? inARow + 1 : 0;
  }
  for (let run = 0; run < 3; run++) expect(await patient.run(code, poison)).toEqual({ killed: true });
  expect(stopped).toEqual(["resting"]);
  expect(await patient.run(code, inputOf())).toEqual({ unavailable: expect.stringContaining("rests") });
  patient.stop();
});

test("no process outlives the gateway, even one that is busy while the gateway is killed", async () => {
  const script = join(import.meta.dir, "parent.ts");
  const parent = Bun.spawn([process.execPath, script], { stdout: "pipe", stderr: "inherit" });
  const { value } = await parent.stdout.getReader().read();
  const pids = new TextDecoder().decode(value).trim().split(" ").map(Number);
  expect(pids.length).toBeGreaterThan(0);
  parent.kill("SIGKILL");
  await parent.exited;
  // Ends with the runner's patience where one is left.
  while (pids.some(isRunning)) await new Promise((resolve) => setImmediate(resolve));
  expect(pids.filter(isRunning)).toEqual([]);
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
