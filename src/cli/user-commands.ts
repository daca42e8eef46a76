/** `webhooker user`: adds and lists users, sets passwords, transfers webhooks. */
import { type Command, Option } from "commander";
import { generatePassword } from "../auth/first-user.ts";
import { createUsers, type Role, type User, type Users } from "../auth/users.ts";
import { AppError } from "../lib/errors.ts";
import { newId, newUnguessableId } from "../lib/ids.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import { createMemberUseCases } from "../webhooks/people/members.ts";
import { type Io, withAnyMainDb, withMainDb } from "./io.ts";
import { formatTime, table } from "./table.ts";

type PasswordOptions = { passwordStdin?: true };

const passwordStdin = [
  "--password-stdin",
  "read the password from standard input instead of generating one",
] as const;

export function addUserCommands(program: Command, io: Io): void {
  const usersOf = (mainDb: MainDb): Users => createUsers({ mainDb, clock: io.clock });
  const user = program.command("user").helpCommand(false).description("add users, set passwords, and more");

  user
    .command("add")
    .description("add a user and print the generated password")
    .argument("<name>", "username")
    .addOption(new Option("--role <role>", "the user's role").choices(["admin", "user"]).default("user"))
    .option(...passwordStdin)
    .option("--service", "add a service account: no password, only API keys act for it")
    .action(async (username: string, options: PasswordOptions & { role: Role; service?: true }) => {
      const { password, isGenerated } = options.service
        ? { password: null, isGenerated: false }
        : await choosePassword(io, options);
      await withAnyMainDb(io, (mainDb) => usersOf(mainDb).create({ username, password, role: options.role }));
      const what = options.service ? "service account" : options.role === "admin" ? "administrator" : "user";
      io.out(`Added the ${what} ${username}.`);
      if (isGenerated) io.out(`Password: ${password}`);
    });

  user
    .command("list")
    .description("list users")
    .action(async () => {
      const users = await withMainDb(io, (mainDb) => usersOf(mainDb).list());
      const rows = users.map((one) => [
        one.username,
        one.isService ? "service" : one.role,
        stateOf(one),
        formatTime(one.createdAt),
      ]);
      for (const line of table(["USERNAME", "ROLE", "STATE", "CREATED (UTC)"], rows)) io.out(line);
    });

  user
    .command("passwd")
    .description("set a user's password (printed if generated) and end the user's sessions")
    .argument("<name>", "username")
    .option(...passwordStdin)
    .action(async (username: string, options: PasswordOptions) => {
      const { password, isGenerated } = await choosePassword(io, options);
      await withMainDb(io, async (mainDb) => {
        const { id: userId } = getUser(mainDb, username);
        await usersOf(mainDb).setPassword({ userId, password });
      });
      io.out(`Set the password of ${username}.`);
      if (isGenerated) io.out(`Password: ${password}`);
    });

  user
    .command("reset-second-factor")
    .description("turn off a user's second factor, so that the password alone signs in")
    .argument("<name>", "username")
    .action(async (username: string) => {
      const isReset = await withMainDb(io, (mainDb) =>
        mainDb.secondFactors.remove(getUser(mainDb, username).id),
      );
      io.out(isReset ? `Reset the second factor of ${username}.` : `${username} has no second factor.`);
    });

  user
    .command("transfer")
    .description("give all webhooks of a user to another, who then owns them; the first stays an editor")
    .argument("<from>", "username of the owner")
    .argument("<to>", "username of the new owner")
    .action(async (from: string, to: string) => {
      const count = await withMainDb(io, (mainDb) => {
        const { id: userId } = getUser(mainDb, from);
        const members = createMemberUseCases({ mainDb, clock: io.clock, ids: { newId, newUnguessableId } });
        getUser(mainDb, to);
        return members.transferAll({ userId, username: to });
      });
      const what = count === 1 ? "1 webhook" : `${count} webhooks`;
      io.out(`Transferred ${what} of ${from} to ${to}.`);
    });

  user
    .command("sign-out")
    .description("end all sessions of a user")
    .argument("<name>", "username")
    .action(async (username: string) => {
      await withMainDb(io, (mainDb) => {
        const { id: userId } = getUser(mainDb, username);
        mainDb.sessions.deleteOthers({ userId, exceptIdHash: "" });
      });
      io.out(`Signed ${username} out everywhere.`);
    });
}

/** Throws AppError not_found. */
export function getUser(mainDb: MainDb, username: string): { id: string } {
  const user = mainDb.users.findByUsername(username);
  if (user) return user;
  throw new AppError({
    kind: "not_found",
    message: "No such user.",
    hint: "List the users with: webhooker user list.",
  });
}

async function choosePassword(
  io: Io,
  options: PasswordOptions,
): Promise<{ password: string; isGenerated: boolean }> {
  if (!options.passwordStdin) return { password: generatePassword(), isGenerated: true };
  // Editors and `echo` end their text with a line feed that is not part of the password.
  return { password: (await io.readStdin()).replace(/\r?\n$/, ""), isGenerated: false };
}

function stateOf(user: User): string {
  return user.disabledAt === null ? "active" : "disabled";
}
