/** Tests that need a NATS server: they pass without running where none can be had. */
import { beforeAll, test } from "bun:test";
import { findNatsServer } from "./nats-executable.ts";

/** Where Go has to build the server, that takes two minutes. */
const FETCHING_MS = 300_000;

/** That of the whole suite, also where one file is run by itself: servers take seconds to miss one that is dead. */
const TEST_MS = 60_000;

/** Call once in a test file, before its tests. */
export function fetchNatsServer(): void {
  beforeAll(async () => {
    await findNatsServer();
  }, FETCHING_MS);
}

export function natsTest(
  name: string,
  run: (executable: string) => Promise<void>,
  register: typeof test.concurrent | typeof test = test,
): void {
  register(
    name,
    async () => {
      const executable = await findNatsServer();
      if (executable !== null) await run(executable);
    },
    TEST_MS,
  );
}

/** For tests with servers of their own that wait for elections and silence most of the time: they wait beside each other. */
export function natsTestBeside(name: string, run: (executable: string) => Promise<void>): void {
  natsTest(name, run, test.concurrent);
}
