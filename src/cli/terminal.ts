/** Joins the command line to this process: its arguments, its pipes, its environment. */

import {
  clientEnvironmentFromProcess,
  environmentToStartWith,
  loadConfigFromProcess,
  refusesColours,
} from "../config.ts";
import { systemClock } from "../lib/clock.ts";
import { startOver } from "../lib/start-over.ts";
import { runCommandLine } from "./program.ts";
import { readSecret } from "./read-secret.ts";

/** Width of text where the output is no terminal or its width is unknown. */
const USUAL_COLUMNS = 100;

export async function runFromTerminal(): Promise<void> {
  // Only the user may read events, keys and settings, whatever folder they are in.
  process.umask(0o077);

  // A reader such as `head` may close the pipe early, which is no error. The log has an output of its own.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });

  const code = await runCommandLine(process.argv.slice(2), {
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    terminal: {
      colours: process.stdout.isTTY === true && !refusesColours(),
      columns: Math.min(process.stdout.columns || USUAL_COLUMNS, USUAL_COLUMNS),
    },
    isTerminal: process.stdout.isTTY === true,
    readStdin: () => Bun.stdin.text(),
    readStdinBytes: () => Bun.stdin.bytes(),
    readSecret,
    outBytes: (bytes) => process.stdout.write(bytes),
    clientEnvironment: clientEnvironmentFromProcess,
    loadConfig: loadConfigFromProcess,
    prepareToServe: (config) => {
      const env = environmentToStartWith(config);
      if (env !== null) startOver(env);
    },
    clock: systemClock,
  });
  // A failed start leaves timers and files open that would keep the process running.
  if (code !== 0) process.exit(code);
  // After a success there is no process.exit: it would cut off what a slow pipe has not read yet.
}
