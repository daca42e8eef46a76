/** `webhooker export` and `webhooker import`: write one webhook to a file, and read it into this data folder. */
import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { AppError, errorReason } from "../lib/errors.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { WebhookRow } from "../storage/main-db/tables.ts";
import { refuseInCluster } from "../webhooks/transfer/no-import.ts";
import { requireData } from "./data-there.ts";
import { type Io, withMainDb } from "./io.ts";
import { requireEventFiles } from "./spare.ts";
import { count } from "./table.ts";
import { getUser } from "./user-commands.ts";

/** Minimum length: anyone with the file can guess passphrases without limit. */
const MIN_PASSPHRASE = 10;

type Secrets = Readonly<{ withSecrets?: true; passphraseFile?: string }>;

/** A running gateway would not know of the imported deliveries. */
const WHILE_RUNNING =
  "Import the file in its dashboard under Webhooks, or with POST /api/v1/webhooks/import, or stop the gateway first.";

const passphraseFile = [
  "--passphrase-file <file>",
  "file that contains the passphrase (default: standard input)",
] as const;

export function addTransferCommands(program: Command, io: Io): void {
  program
    .command("export")
    .description("export a webhook and its events to one file; the gateway may be running")
    .argument("<webhook>", "the webhook's id or name")
    .argument("<file>", "new file")
    .option("--with-secrets", "include its secrets, sealed with a passphrase")
    .option(...passphraseFile)
    .action(async (webhook: string, to: string, options: Secrets) => {
      const config = io.loadConfig();
      requireData(config, "export");
      requireEventFiles(config, "export");
      if (existsSync(to)) throw alreadyThere(to);
      requireFolder(dirname(resolve(to)));
      const passphrase = await readPassphrase(io, options);
      if (passphrase !== null && passphrase.length < MIN_PASSPHRASE) throw shortPassphrase();
      const { leftOut } = await withMainDb(io, async (mainDb) => {
        const { id: webhookId, userId } = getWebhook(mainDb, webhook);
        const { runTransfer } = await import("./transfer-run.ts");
        return runTransfer({ config, mainDb, io }, ({ exportWebhook }) =>
          exportWebhook({ userId, webhookId, passphrase, to }),
        );
      });
      io.out(`Exported the webhook to ${to}.`);
      if (leftOut > 0) io.err(`${count(leftOut, "secret")} left out. Use --with-secrets to include them.`);
    });

  program
    .command("import")
    .description("import an exported webhook for a user; stop the gateway first")
    .argument("<file>", "file that `export` wrote")
    .requiredOption("--user <name>", "user who will own the webhook")
    .option("--with-secrets", "import its secrets; reads their passphrase")
    .option(...passphraseFile)
    .option("--without-secrets", "import without its secrets")
    .action(async (file: string, options: Secrets & { user: string; withoutSecrets?: true }) => {
      const config = io.loadConfig();
      requireData(config, "import into");
      requireFile(file);
      const passphrase = await readPassphrase(io, options);
      const { runTransfer, whileStopped } = await import("./transfer-run.ts");
      const { webhookId, notes } = await whileStopped(config, WHILE_RUNNING, () =>
        withMainDb(io, (mainDb) => {
          const { id: userId } = getUser(mainDb, options.user);
          refuseInCluster(mainDb);
          return runTransfer({ config, mainDb, io }, async (transfer) => {
            const { importWebhook, receive, discard } = transfer;
            transfer.endUnfinished();
            await transfer.removeLeftovers();
            const source = Bun.file(file);
            const path = await receive(source.stream(), source.size);
            try {
              const withoutSecrets = options.withoutSecrets === true;
              return await importWebhook({ userId, path, passphrase, withoutSecrets });
            } finally {
              await discard(path);
            }
          });
        }),
      );
      io.out(webhookId);
      for (const note of notes) io.err(note);
    });
}

/** Returns null if secrets are not wanted. */
async function readPassphrase(io: Io, options: Secrets): Promise<string | null> {
  const { withSecrets, passphraseFile: path } = options;
  if (withSecrets !== true && path !== undefined) throw withoutUse();
  if (withSecrets !== true) return null;
  const text = path === undefined ? await io.readStdin() : readFile(path);
  // Editors and `echo` end their text with a line feed that is not part of the passphrase.
  const passphrase = text.replace(/\r?\n$/, "");
  if (passphrase === "") throw shortPassphrase();
  return passphrase;
}

/** Else a file without secrets would be taken for one that has them. */
function withoutUse(): AppError {
  return new AppError({
    kind: "invalid",
    message: "--passphrase-file is of use with --with-secrets only.",
    hint: "Add --with-secrets, or leave the passphrase out.",
  });
}

function readFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new AppError({
      kind: "not_found",
      message: `The passphrase cannot be read from ${path}.`,
      hint: "Name a readable file, or pass the passphrase on standard input.",
      cause,
    });
  }
}

/** Throws AppError: not_found, or conflict for a name that several webhooks have. */
/** Finds a webhook by id or name. Throws AppError not_found or conflict. */
export function getWebhook(mainDb: MainDb, wanted: string): WebhookRow {
  const byId = mainDb.webhooks.find(wanted);
  if (byId) return byId;
  const [found, another] = mainDb.webhooks.listNamed(wanted);
  if (found && !another) return found;
  throw new AppError({
    kind: found ? "conflict" : "not_found",
    message: found ? "Several webhooks have this name." : "No such webhook.",
    hint: "Use its id (in its page's URL).",
  });
}

function requireFile(file: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch (cause) {
    const isMissing = errorReason(cause) === "ENOENT";
    const fault = isMissing ? "does not exist" : `cannot be read (${errorReason(cause)})`;
    throw new AppError({ kind: "not_found", message: `The file ${file} ${fault}.`, cause });
  }
  if (statSync(file).isFile()) return;
  throw new AppError({ kind: "not_found", message: `${file} is not a file.` });
}

function requireFolder(folder: string): void {
  try {
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new AppError({
      kind: "not_found",
      message: `Cannot create a file in ${folder} (${errorReason(cause)}).`,
      hint: "Use an existing folder that this user can write to.",
      cause,
    });
  }
}

function alreadyThere(path: string): AppError {
  return new AppError({
    kind: "conflict",
    message: `${path} already exists.`,
    hint: "Name a new file.",
  });
}

function shortPassphrase(): AppError {
  return new AppError({
    kind: "invalid",
    message: `The passphrase has fewer than ${MIN_PASSPHRASE} characters.`,
  });
}
