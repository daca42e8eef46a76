/** `webhooker secret-key rotate`: another secret key, and every stored secret sealed with it. */
import type { Command } from "commander";
import type { Config } from "../config.ts";
import { createKeyRing } from "../lib/crypto.ts";
import { AppError } from "../lib/errors.ts";
import { beginNextKey, finishNextKey, loadKeyRing, oldKeyPath } from "../lib/key-files.ts";
import { rotateSecrets } from "../webhooks/rotate-secrets.ts";
import { requireData } from "./data-there.ts";
import { type Io, withMainDb } from "./io.ts";
import { count } from "./table.ts";
import { whileStopped } from "./transfer-run.ts";

const HELP = `
With SECRET_KEY set: put the new key into SECRET_KEY and the one before into SECRET_KEY_PREVIOUS, stop the gateway, run
this, and take SECRET_KEY_PREVIOUS away. Without: stop the gateway and run this; it makes a new key in webhooker.key,
and keeps the one before in webhooker.key.old, which backups from before need.
Everybody signs in again afterwards. After a crash in the middle, run it again.`;

export function addSecretKeyCommands(program: Command, io: Io): void {
  const secretKey = program.command("secret-key").helpCommand(false).description("change the secret key");
  secretKey
    .command("rotate")
    .description("seal every stored secret with another secret key; the gateway must not run")
    .option("--partial", "leave secrets that no key opens as they are, instead of changing nothing")
    .addHelpText("after", HELP)
    .action(async (options: { partial?: true }) => {
      const config = io.loadConfig();
      requireData(config, "rotate");
      if (config.secretKey !== null && config.secretKeyPrevious === null) throw previousMissing();
      const { resealed, unreadable } = await whileStopped(
        config,
        "Stop it: what it stores meanwhile would be sealed with the old key.",
        () => rotate(io, config, options.partial === true),
      );
      io.out(`Sealed ${count(resealed, "secret")} with the new key.`);
      if (unreadable > 0) io.err(`${count(unreadable, "secret")} could not be opened: enter them anew.`);
      io.err("Everybody has to sign in again.");
      io.err(
        config.secretKey === null
          ? `The key before is in ${oldKeyPath(config.dbPath)}: backups from before need it.`
          : "SECRET_KEY_PREVIOUS is not needed any more, but for backups from before.",
      );
    });
}

function rotate(io: Io, config: Config, partial: boolean) {
  const from = loadKeyRing(config);
  return withMainDb(io, (mainDb) => {
    if (config.secretKey !== null) return rotateSecrets({ mainDb, from, to: from, partial });
    const next = beginNextKey(config.dbPath);
    const to = createKeyRing(next);
    // What a rotation before has sealed opens with it.
    const done = rotateSecrets({ mainDb, from: loadKeyRing(config), to, partial });
    finishNextKey(config.dbPath);
    return done;
  });
}

function previousMissing(): AppError {
  return new AppError({
    kind: "invalid",
    message: "The secret key is what SECRET_KEY says, and SECRET_KEY_PREVIOUS is not set.",
    hint: "Set SECRET_KEY to the new key and SECRET_KEY_PREVIOUS to the one before, and run this again.",
  });
}
