/** The program's entry point: runs the command line, or what the gateway started it as: a sandbox, or one SQL query. */
import { SANDBOX_ARGUMENT } from "./sandbox/protocol.ts";
import { SQL_QUERY_ARGUMENT } from "./storage/sql-console/argument.ts";

// Each is loaded only where it is wanted: the children start in half the time and memory without the rest.
if (process.argv[2] === SANDBOX_ARGUMENT) {
  const { runSandbox } = await import("./sandbox/child/run-sandbox.ts");
  await runSandbox(process.argv.slice(3));
} else if (process.argv[2] === SQL_QUERY_ARGUMENT) {
  const { runQueryChild } = await import("./storage/sql-console/child/run-query-child.ts");
  await runQueryChild();
} else {
  const { runFromTerminal } = await import("./cli/terminal.ts");
  await runFromTerminal();
}
