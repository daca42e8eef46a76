/** `webhooker secret-key rotate`: replaces the secret key and seals every stored secret with the new one. */
import type { Command } from "commander";
import type { Config } from "../config.ts";
import { createKeyRing, type KeyRing } from "../lib/crypto.ts";
import { AppError, errorMessage } from "../lib/errors.ts";
import { beginNextKey, finishNextKey, loadKeyRing, oldKeyPath } from "../lib/key-files.ts";
import { rotateRejectedSecrets, rotateSecrets } from "../webhooks/rotate-secrets.ts";
import { requireData } from "./data-there.ts";
import { type Io, withMainDb } from "./io.ts";
import { count } from "./table.ts";
import { whileStopped } from "./transfer-run.ts";

const HELP = `
With SECRET_KEY set: set SECRET_KEY to the new key and SECRET_KEY_PREVIOUS to the old one, stop the gateway, run this
command, then remove SECRET_KEY_PREVIOUS. Without SECRET_KEY: stop the gateway and run this command. It writes a new key
to webhooker.key and keeps the old one in webhooker.key.old, which older backups need.
All users must sign in again afterwards. If the command is interrupted, run it again.`;

export function addSecretKeyCommands(program: Command, io: Io): void {
  const secretKey = program.command("secret-key").helpCommand(false).description("change the secret key");
  secretKey
    .command("rotate")
    .description("seal all stored secrets with a new secret key; stop the gateway first")
    .option("--partial", "skip secrets that no key opens instead of changing nothing")
    .addHelpText("after", HELP)
    .action(async (options: { partial?: true }) => {
      const config = io.loadConfig();
      requireData(config, "rotate");
      if (config.secretKey !== null && config.secretKeyPrevious === null) throw previousMissing();
      const { main, requests } = await whileStopped(
        config,
        "Stop it first; otherwise it would seal new secrets with the old key.",
        () => rotate(io, config, options.partial === true),
      );
      io.out(`Sealed ${count(main.resealed + requests.resealed, "secret")} with the new key.`);
      if (main.unreadable > 0)
        io.err(`${count(main.unreadable, "secret")} could not be opened. Enter them again.`);
      if (requests.unreadable > 0)
        io.err(
          `${count(requests.unreadable, "rejected request")} cannot be verified again: no key opens its secret.`,
        );
      for (const { webhookId, cause } of requests.faults)
        io.err(
          `The rejected requests of webhook ${webhookId} cannot be verified again: ${errorMessage(cause)}`,
        );
      io.err("All users must sign in again.");
      io.err(
        config.secretKey === null
          ? `The old key is in ${oldKeyPath(config.dbPath)}. Older backups need it.`
          : "Remove SECRET_KEY_PREVIOUS, but keep the old key: older backups need it.",
      );
    });
}

function rotate(io: Io, config: Config, partial: boolean) {
  const { dataDir } = config;
  return withMainDb(io, (mainDb) => {
    if (mainDb.replication.state() !== null) throw inCluster();
    const rotateAll = (from: KeyRing, to: KeyRing) => ({
      main: rotateSecrets({ mainDb, from, to, partial }),
      requests: rotateRejectedSecrets({ mainDb, dataDir, from, to }),
    });
    const current = loadKeyRing(config);
    if (config.secretKey !== null) return rotateAll(current, current);
    const to = createKeyRing(beginNextKey(config.dbPath));
    // Also opens what an interrupted rotation has already sealed with the new key.
    const done = rotateAll(loadKeyRing(config), to);
    finishNextKey(config.dbPath);
    return done;
  });
}

/** Each node would seal with another key what all have alike, and event files would differ from the others' copies. */
function inCluster(): AppError {
  return new AppError({
    kind: "conflict",
    code: "part_of_cluster",
    message: "The secret key of a cluster's node cannot be rotated: all nodes have the same sealed secrets.",
    hint: "`webhooker manual cluster` says how to give a cluster another key.",
  });
}

function previousMissing(): AppError {
  return new AppError({
    kind: "invalid",
    message: "SECRET_KEY is set, but SECRET_KEY_PREVIOUS is not.",
    hint: "Set SECRET_KEY to the new key and SECRET_KEY_PREVIOUS to the old one, then run this again.",
  });
}
