/** The program's entry: hands the process over to the command line. */
import { runCommandLine } from "./cli/program.ts";
import { environmentToStartWith, loadConfigFromProcess, refusesColours } from "./config.ts";
import { systemClock } from "./lib/clock.ts";
import { startOver } from "./lib/start-over.ts";

// Events, keys and settings are their owner's alone, whatever folder they are put in.
process.umask(0o077);

// Whoever reads what a command prints may have seen enough, as `head` does. The log goes another way.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

/** Where the width of the terminal is not known, or nobody sits at one. */
const USUAL_COLUMNS = 100;

const code = await runCommandLine(process.argv.slice(2), {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  terminal: {
    colours: process.stdout.isTTY === true && !refusesColours(),
    columns: Math.min(process.stdout.columns || USUAL_COLUMNS, USUAL_COLUMNS),
  },
  readStdin: () => Bun.stdin.text(),
  loadConfig: loadConfigFromProcess,
  prepareToServe: (config) => {
    const env = environmentToStartWith(config);
    if (env !== null) startOver(env);
  },
  clock: systemClock,
});
// A start that failed half-way leaves things open that would keep the process running.
if (code !== 0) process.exit(code);
// Else no process.exit: it would cut off what a slow pipe has not taken yet.
