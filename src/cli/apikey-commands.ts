/** `webhooker apikey`: creates, lists and revokes API keys. */
import type { Command } from "commander";
import { type APIKey, createApiKeys } from "../auth/api-keys.ts";
import { type Io, withMainDb } from "./io.ts";
import { formatTime, table } from "./table.ts";
import { getUser } from "./user-commands.ts";

const HEADING = ["ID", "KEY", "USER", "NAME", "STATE", "CREATED (UTC)", "LAST USED (UTC)"];

export function addApiKeyCommands(program: Command, io: Io): void {
  const { clock } = io;
  const apikey = program.command("apikey").helpCommand(false).description("create, list and revoke API keys");

  apikey
    .command("create")
    .description("print a new API key (shown once)")
    .requiredOption("--user <name>", "user the key acts for")
    .requiredOption("--name <label>", "what the key is for")
    .action(async (options: { user: string; name: string }) => {
      const { token } = await withMainDb(io, (mainDb) =>
        createApiKeys({ mainDb, clock }).create({
          userId: getUser(mainDb, options.user).id,
          name: options.name,
        }),
      );
      io.out(token);
    });

  apikey
    .command("list")
    .description("list API keys (not the keys themselves)")
    .option("--user <name>", "only this user's keys")
    .action(async (options: { user?: string }) => {
      const rows = await withMainDb(io, (mainDb) => {
        const userId = options.user === undefined ? undefined : getUser(mainDb, options.user).id;
        const usernames = new Map(mainDb.users.list().map(({ id, username }) => [id, username]));
        const keys = createApiKeys({ mainDb, clock }).list({ userId });
        return keys.map((key) => toRow(key, usernames.get(key.userId) ?? "(deleted)"));
      });
      for (const line of table(HEADING, rows)) io.out(line);
    });

  apikey
    .command("revoke")
    .description("revoke an API key")
    .argument("<id>", "id from `apikey list`")
    .action(async (id: string) => {
      await withMainDb(io, (mainDb) => createApiKeys({ mainDb, clock }).revoke({ id }));
      io.out(`Revoked the API key ${id}.`);
    });
}

function toRow(key: APIKey, username: string): string[] {
  const state = key.revokedAt === null ? "active" : "revoked";
  const times = [formatTime(key.createdAt), formatTime(key.lastUsedAt)];
  return [key.id, `${key.prefix}…`, username, key.name, state, ...times];
}
