/** The program's entry point: runs the command line, or the sandbox where it was started as one. */
import { SANDBOX_ARGUMENT } from "./sandbox/protocol.ts";

// Each is loaded only where it is wanted: the sandbox starts in half the time and memory without the rest.
if (process.argv[2] === SANDBOX_ARGUMENT) {
  const { runSandbox } = await import("./sandbox/child/run-sandbox.ts");
  await runSandbox(process.argv.slice(3));
} else {
  const { runFromTerminal } = await import("./cli/terminal.ts");
  await runFromTerminal();
}
