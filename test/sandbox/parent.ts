/** Runs code that does not end by itself, and prints the process id of the sandbox once it is under way. */
import { handlerOf, inputOf, openSandbox } from "./support.ts";

const sandbox = openSandbox();
await sandbox.run(handlerOf("() => null"), inputOf());
void sandbox.run(handlerOf("() => new Array(4294967295).indexOf(1)"), inputOf());
process.stdout.write(`${sandbox.pids().join(" ")}\n`);
setInterval(() => {}, 60_000);
