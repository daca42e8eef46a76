/** `webhooker help`: explains commands and environment variables. */
import type { Command } from "commander";
import { configVariables } from "../config.ts";
import type { Io } from "./io.ts";

const ENVIRONMENT = "env";

export function addHelpCommand(program: Command, io: Pick<Io, "out">): void {
  program
    .command("help")
    .description(`print help for a command, or for all environment variables (${ENVIRONMENT})`)
    .argument("[topic...]", `a command, or ${ENVIRONMENT}`)
    .action((topic: readonly string[]) => {
      if (topic.length === 1 && topic[0] === ENVIRONMENT) io.out(variablesHelp());
      else findCommand(program, topic).outputHelp();
    });
}

/** Lists the variables that a first installation sets, one per line, and where to find the others. */
export function coreVariablesHelp(): string {
  const core = configVariables.filter((variable) => variable.core);
  const width = Math.max(...core.map(({ name }) => name.length));
  const lines = core.map((variable) => `  ${variable.name.padEnd(width)}  ${plain(variable.meaning)}`);
  return [
    "Environment:",
    ...lines,
    "",
    `All ${configVariables.length} variables: webhooker help ${ENVIRONMENT}`,
    "The manual: webhooker manual, or /docs in the browser",
  ].join("\n");
}

function variablesHelp(): string {
  const entries = configVariables.map(({ name, meaning, default: byDefault, secret }) => {
    const names = secret ? `${name}, ${name}_FILE` : name;
    return `  ${names}\n      ${plain(meaning)}${byDefault === "" ? "" : ` (${byDefault})`}`;
  });
  return `Environment variables, with their defaults in parentheses:\n${entries.join("\n")}`;
}

/** Exits with the "unknown command" error if there is no command of that name. */
function findCommand(program: Command, names: readonly string[]): Command {
  let found = program;
  for (const name of names) {
    found =
      found.commands.find((each) => each.name() === name) ??
      found.error(`unknown command '${name}'`, { code: "commander.unknownCommand" });
  }
  return found;
}

function plain(meaning: string): string {
  return meaning.replaceAll("`", "");
}
