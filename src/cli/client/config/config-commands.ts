/** `webhooker plan`, `apply` and `export-config`: webhooks as a file that can be kept beside the code. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { Document } from "yaml";
import { AppError, errorReason } from "../../../lib/errors.ts";
import type { Io } from "../../io.ts";
import { findWebhook } from "../find-objects.ts";
import { createGatewayClient, type GatewayClient } from "../gateway-client.ts";
import { findLogin } from "../login-file.ts";
import { EXIT, ExitWith, RemoteError } from "../remote-error.ts";
import { type ConfigFile, readConfigFile } from "./config-file.ts";
import { planLines } from "./plan-lines.ts";
import { exportShape, planShape, type RemotePlan, withoutFilledIn } from "./plan-shapes.ts";

/** Code of many transformations is checked on the way. */
const TIMEOUT_MS = 120_000;
const DEFAULT_FILE = "webhooker.yaml";

type Options = Readonly<{
  file: string;
  prune?: boolean;
  json?: true;
  exitCode?: true;
  yes?: true;
}>;

export function addConfigCommands(program: Command, io: Io): void {
  program
    .command("plan")
    .description("tell what apply would change")
    .option("-f, --file <file>", "the file of configuration; - for standard input", DEFAULT_FILE)
    .option("--prune", "also tell what apply --prune would delete")
    .option("--json", "print the plan as JSON")
    .option("--exit-code", `exit ${EXIT.changes} if there are changes`)
    .action(async (options: Options) => {
      const { plan } = await planFile(io, options);
      print(io, plan, options);
      if (options.exitCode === true && plan.changes.length > 0) throw new ExitWith(EXIT.changes);
    });

  program
    .command("apply")
    .description("bring webhooks and event types to what a file says, all or nothing")
    .option("-f, --file <file>", "the file of configuration; - for standard input", DEFAULT_FILE)
    .option("--prune", "delete what came from a file and is no longer in it")
    .option("--yes", "with --prune: delete without asking")
    .option("--json", "print the changes as JSON")
    .action(async (options: Options) => {
      const { plan, send } = await planFile(io, options);
      if (options.json !== true || plan.changes.length === 0) print(io, plan, options);
      if (plan.changes.length === 0) return;
      if (plan.changes.some(({ action }) => action === "delete") && options.yes !== true) throw unconfirmed();
      const applied = await send({ dry_run: false, expected_revision: plan.revision });
      if (options.json === true) print(io, applied, options);
      else io.out("Applied.");
    });

  program
    .command("export-config")
    .description("print your webhooks and event types as a file for apply, without secrets")
    .argument("[webhook]", "only this one, by id or name")
    .option("--schema", "begin with the line by which editors check the file")
    .action(async (wanted: string | undefined, options: { schema?: true }) => {
      const client = createGatewayClient(findLogin(io.clientEnvironment()));
      const webhook_id = wanted === undefined ? undefined : (await findWebhook(client, wanted)).id;
      const { document } = await client.ask({ path: "/config", query: { webhook_id }, schema: exportShape });
      if (options.schema === true) {
        io.out(`# yaml-language-server: $schema=${client.url}/api/v1/config.schema.json`);
      }
      io.out(toYaml(document).trimEnd());
    });
}

/** Lines are not folded: a folded text is hard to search for. */
export function toYaml(document: Readonly<Record<string, unknown>>): string {
  return new Document(document, { aliasDuplicateObjects: false }).toString({ lineWidth: 0 });
}

type Sent = Readonly<{ dry_run: boolean; expected_revision?: string }>;

async function planFile(io: Io, { file: name, prune = false }: Options) {
  const environment = io.clientEnvironment();
  const text = name === "-" ? await io.readStdin() : readText(name);
  const file = readConfigFile({ name: name === "-" ? "standard input" : name, text, ...environment });
  const client = createGatewayClient(findLogin(environment));
  const send = (sent: Sent) => put(client, file, { document: file.document, prune, ...sent });
  return { plan: await send({ dry_run: true }), send };
}

async function put(client: GatewayClient, file: ConfigFile, body: unknown): Promise<RemotePlan> {
  const call = { method: "PUT", path: "/config", body, timeoutMs: TIMEOUT_MS } as const;
  try {
    return withoutFilledIn(await client.ask({ ...call, schema: planShape }), file);
  } catch (error) {
    const details = error instanceof RemoteError && error.kind === "invalid" ? (error.details ?? []) : [];
    throw details.length > 0 ? file.faultsAt(details) : error;
  }
}

function print(io: Io, plan: RemotePlan, { file, json }: Options): void {
  if (json === true) io.out(JSON.stringify(plan));
  else for (const line of planLines(plan, file === "-" ? "the file" : file)) io.out(line);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const message = `${path} cannot be read (${errorReason(cause)}).`;
    throw new AppError({ kind: "not_found", message, hint: "Name the file with -f FILE.", cause });
  }
}

function unconfirmed(): AppError {
  return new AppError({
    kind: "conflict",
    message: "Nothing was done: this deletes objects, and webhooks with all their events.",
    hint: "If that is what you want, add --yes.",
  });
}
