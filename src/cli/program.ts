/** The command line: its commands, and how their failures are reported. */
import { Command, CommanderError } from "commander";
import { ConfigError } from "../config.ts";
import { AppError } from "../lib/errors.ts";
import { version } from "../lib/version.ts";
import { DataOwner } from "../storage/folder/data-owner.ts";
import { addApiKeyCommands } from "./apikey-commands.ts";
import { addBackupCommands } from "./backup-commands.ts";
import { addCheckCommand } from "./check-command.ts";
import { addConfigCommands } from "./client/config/config-commands.ts";
import { addEventCommands } from "./client/event-commands.ts";
import { addListenCommand } from "./client/listen/listen-command.ts";
import { addLoginCommands } from "./client/login-commands.ts";
import { ExitWith, RemoteError } from "./client/remote-error.ts";
import { addReplayCommand } from "./client/replay-command.ts";
import { addSendCommand } from "./client/send-command.ts";
import { addClusterCommands } from "./cluster/cluster-commands.ts";
import { healthcheck } from "./healthcheck.ts";
import { addHelpCommand, coreVariablesHelp } from "./help-command.ts";
import type { Io } from "./io.ts";
import { addLicencesCommand } from "./licences-command.ts";
import { addManualCommand } from "./manual-command.ts";
import { addObservabilityCommands } from "./observability/commands.ts";
import { addSecretKeyCommands } from "./secret-key-commands.ts";
import { serve } from "./serve.ts";
import { addTransferCommands } from "./transfer-commands.ts";
import { addUserCommands } from "./user-commands.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXPLAINED = "`webhooker help env` explains every variable.";

/** Resolves with the exit code once all output is written. */
export async function runCommandLine(args: readonly string[], io: Io): Promise<number> {
  const dataOwner = new DataOwner();
  const program = createProgram({
    ...io,
    loadConfig() {
      const config = io.loadConfig();
      dataOwner.note(config);
      return config;
    },
  });
  try {
    await program.parseAsync(args.length === 0 ? ["serve"] : args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    if (error instanceof ExitWith) return error.exitCode;
    for (const line of explain(error)) io.err(line);
    return error instanceof RemoteError ? error.exitCode : EXIT_FAILED;
  } finally {
    dataOwner.giveBack();
  }
}

function createProgram(io: Io): Command {
  const program = new Command("webhooker")
    .description("Self-hosted webhook gateway. Without a command it runs the gateway.")
    .version(version, "--version", "print the version")
    .helpOption("-h, --help", "print help for a command")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.err(text.trimEnd()),
      outputError: (text, write) => write(`webhooker: ${toOneLine(text)}`),
    })
    .addHelpText("after", () => `\n${coreVariablesHelp()}`);

  program
    .command("serve")
    .description("run the gateway (the default)")
    .action(async () => {
      const config = io.loadConfig();
      io.prepareToServe(config);
      // Imported here, so that other commands need not load the whole gateway.
      const { startServer } = await import("../server.ts");
      await serve({ config, print: io.err, startServer });
    });
  addUserCommands(program, io);
  addApiKeyCommands(program, io);
  addCheckCommand(program, io);
  addBackupCommands(program, io);
  addTransferCommands(program, io);
  addSecretKeyCommands(program, io);
  addClusterCommands(program, io);
  addObservabilityCommands(program, io);
  addManualCommand(program, io);
  addLicencesCommand(program, io);
  addLoginCommands(program, io);
  addListenCommand(program, io);
  addEventCommands(program, io);
  addReplayCommand(program, io);
  addSendCommand(program, io);
  addConfigCommands(program, io);
  program
    .command("healthcheck")
    .description("exit 0 if the gateway here is healthy")
    .action(async () => {
      const config = io.loadConfig();
      if (!(await healthcheck(config))) throw unhealthy(config);
    });
  addHelpCommand(program, io);
  return program;
}

function unhealthy({ host, port }: { host: string; port: number }): AppError {
  return new AppError({
    kind: "unavailable",
    message: `No healthy gateway responds on ${host}, port ${port}.`,
  });
}

function toOneLine(text: string): string {
  return text
    .trim()
    .replace(/^error: /, "")
    .replace(/\s*\n\s*/g, " ");
}

function explain(error: unknown): string[] {
  if (error instanceof ConfigError) return [`webhooker: ${error.message}`, EXPLAINED];
  if (error instanceof AppError) {
    const details = (error.details ?? []).filter((fault) => !error.message.includes(fault.message));
    return [
      `webhooker: ${error.message}`,
      ...details.map((fault) => `  ${fault.path}: ${fault.message}`),
      ...(error.hint === undefined ? [] : [error.hint]),
    ];
  }
  // An unexpected error: a report of it needs the stack.
  return [`webhooker: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
}
