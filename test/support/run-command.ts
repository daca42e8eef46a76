/** Runs `webhooker` in this process, as if its words were typed, and tells what it printed. */
import { runCommandLine } from "../../src/cli/program.ts";
import { loadConfig } from "../../src/config.ts";
import { readClientEnvironment } from "../../src/config-client.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { createFakeClock } from "./fake-clock.ts";

export async function runCommand(
  words: readonly string[],
  options: Readonly<{
    environment: Record<string, string>;
    stdin?: string;
    terminal?: { colours: boolean; columns: number };
    clock?: Clock;
  }>,
): Promise<Readonly<{ code: number; out: string[]; err: string[] }>> {
  const {
    environment,
    stdin = "",
    terminal = { colours: false, columns: 80 },
    clock = createFakeClock(),
  } = options;
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCommandLine(words, {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    terminal,
    isTerminal: false,
    readStdin: async () => stdin,
    readStdinBytes: async () => Buffer.from(stdin),
    readSecret: async () => stdin,
    outBytes: (bytes) => out.push(new TextDecoder().decode(bytes)),
    clientEnvironment: () => readClientEnvironment(environment, "linux"),
    loadConfig: () => loadConfig(environment),
    prepareToServe: () => undefined,
    clock,
  });
  return { code, out, err };
}
