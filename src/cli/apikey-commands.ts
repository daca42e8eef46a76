/** `webhooker apikey`: creates, lists and revokes API keys. */
import type { Command } from "commander";
import { type APIKey, createApiKeys } from "../auth/api-keys.ts";
import { type Io, withMainDb } from "./io.ts";
import { type Expiry, expiresOption, scopeOption, timeOf, webhookOption } from "./key-options.ts";
import { formatTime, table } from "./table.ts";
import { getWebhook } from "./transfer-commands.ts";
import { getUser } from "./user-commands.ts";

const HEADING = [
  ...["ID", "KEY", "USER", "NAME", "STATE", "SCOPES", "WEBHOOKS"],
  ...["EXPIRES (UTC)", "CREATED (UTC)", "LAST USED (UTC)", "FROM"],
];

type CreateOptions = Readonly<{
  user: string;
  name: string;
  scope?: string[];
  webhook?: string[];
  expires?: Expiry;
}>;

export function addApiKeyCommands(program: Command, io: Io): void {
  const { clock } = io;
  const apikey = program.command("apikey").helpCommand(false).description("create, list and revoke API keys");

  apikey
    .command("create")
    .description("print a new API key (shown once)")
    .requiredOption("--user <name>", "user the key acts for")
    .requiredOption("--name <label>", "what the key is for")
    .addOption(scopeOption)
    .addOption(webhookOption)
    .addOption(expiresOption)
    .action(async (options: CreateOptions) => {
      const { token } = await withMainDb(io, (mainDb) =>
        createApiKeys({ mainDb, clock }).create({
          userId: getUser(mainDb, options.user).id,
          name: options.name,
          scopes: options.scope,
          webhookIds: options.webhook?.map((wanted) => getWebhook(mainDb, wanted).id),
          expiresAt: options.expires && timeOf(options.expires, clock.now()),
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
        const now = clock.now();
        return keys.map((key) => toRow(key, { username: usernames.get(key.userId) ?? "(deleted)", now }));
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

function toRow(key: APIKey, { username, now }: { username: string; now: number }): string[] {
  const isExpired = key.expiresAt !== null && key.expiresAt <= now;
  const state = key.revokedAt !== null ? "revoked" : isExpired ? "expired" : "active";
  return [
    ...[key.id, `${key.prefix}…`, username, key.name, state],
    ...[key.scopes?.join(",") ?? "all", key.webhookIds === null ? "all" : String(key.webhookIds.length)],
    ...[formatTime(key.expiresAt), formatTime(key.createdAt), formatTime(key.lastUsedAt)],
    key.lastUsedFrom ?? "",
  ];
}
