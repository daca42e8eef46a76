import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createApiKeys } from "../src/auth/api-keys.ts";
import { createSessions } from "../src/auth/sessions.ts";
import { createUsers } from "../src/auth/users.ts";
import { configVariables } from "../src/config.ts";
import { newId } from "../src/lib/ids.ts";
import { version } from "../src/lib/version.ts";
import { findChapter, manualChapters } from "../src/manual/chapters.ts";
import { type MainDb, openMainDb } from "../src/storage/main-db/open.ts";
import { createFakeClock } from "./support/fake-clock.ts";
import { makeTestFolder } from "./support/folder.ts";
import { runCommand } from "./support/run-command.ts";

const clock = createFakeClock();
let directory: string;
let environment: Record<string, string>;

beforeEach(() => {
  directory = makeTestFolder("cli");
  environment = { DBURL: join(directory, "data", "webhooker.db"), DATA_DIR: join(directory, "data") };
});

afterEach(() => rmSync(directory, { recursive: true }));

/** Runs `webhooker` with these arguments, as if typed. */
async function run(words: string, stdin = "", terminal = { colours: false, columns: 80 }) {
  const options = { environment, stdin, terminal, clock };
  const { code, out, err } = await runCommand(words.split(" ").filter(Boolean), options);
  return { code, out: out.join("\n"), err: err.join("\n") };
}

/** Opens the main database as a running gateway has it open meanwhile. */
async function withGateway<T>(
  use: (parts: {
    users: ReturnType<typeof createUsers>;
    apiKeys: ReturnType<typeof createApiKeys>;
    mainDb: MainDb;
  }) => Promise<T>,
): Promise<T> {
  const mainDb = openMainDb({ path: join(directory, "data", "webhooker.db"), clock });
  try {
    const [users, apiKeys] = [createUsers({ mainDb, clock }), createApiKeys({ mainDb, clock })];
    return await use({ users, apiKeys, mainDb });
  } finally {
    mainDb.close();
  }
}

describe("the command line", () => {
  test("prints its version, the commands' arguments, and every environment variable", async () => {
    expect(await run("--version")).toEqual({ code: 0, out: version, err: "" });
    expect((await run("apikey create --help")).out).toContain("--user <name>");
    const variables = await run("help env");
    expect(variables.code).toBe(0);
    for (const { name, secret } of configVariables) {
      expect(variables.out).toContain(`  ${name}${secret ? `, ${name}_FILE` : ""}\n`);
    }
  });

  test("shows on the first screen of its help the commands, a few variables, and where to find the others", async () => {
    const { code, out } = await run("--help");
    const core = configVariables.filter(({ core }) => core).map(({ name }) => name);
    expect(code).toBe(0);
    expect(out.split("\n").length).toBeLessThan(60);
    expect(configVariables.map(({ name }) => name).filter((name) => out.includes(`\n  ${name} `))).toEqual(
      core,
    );
    expect(core.length).toBeLessThan(10);
    expect(out).toContain("webhooker help env");
  });

  test("prints a command's help by either word", async () => {
    expect(await run("help")).toEqual(await run("--help"));
    expect(await run("help apikey create")).toEqual(await run("apikey create --help"));
    for (const words of ["help frobnicate", "help user frobnicate"]) {
      expect(await run(words)).toEqual({ code: 2, out: "", err: "webhooker: unknown command 'frobnicate'" });
    }
  });

  test("rejects unknown arguments with one line and exit code 2", async () => {
    const wrong = {
      frobnicate: "unknown command 'frobnicate'",
      usr: "unknown command 'usr' (Did you mean user?)",
      "user frobnicate": "unknown command 'frobnicate'",
      "--port 1": "unknown option '--port'",
      "serve --host x": "unknown option '--host'",
      "serve extra": "too many arguments for 'serve'. Expected 0 arguments but got 1: extra.",
      "user add": "missing required argument 'name'",
      "user add ada --role boss":
        "option '--role <role>' argument 'boss' is invalid. Allowed choices are admin, user.",
      "apikey create --user ada": "required option '--name <label>' not specified",
      "apikey revoke": "missing required argument 'id'",
    };
    for (const [words, message] of Object.entries(wrong)) {
      expect(await run(words)).toEqual({ code: 2, out: "", err: `webhooker: ${message}` });
    }
    expect((await run("user")).code).toBe(2);
  });

  test("prints every configuration fault, with its hint and without a stack", async () => {
    environment = { PORT: "http", LOG_LEVEL: "loud" };
    const { code, out, err } = await run("user list");
    expect([code, out]).toEqual([1, ""]);
    expect(err).toStartWith("webhooker: Invalid configuration:\n  PORT: ");
    expect(err).toContain("LOG_LEVEL");
    expect(err).not.toContain("    at ");
  });

  test("prints failures with a hint and without a stack", async () => {
    environment = { DBURL: directory };
    const { code, err } = await run("user list");
    expect(code).toBe(1);
    expect(err).toStartWith(`webhooker: The main database ${directory} cannot be opened`);
    expect(err).toContain("\nLet DBURL name a file");
    expect(err).not.toContain("    at ");
  });

  test("reports that no server responds to a health check", async () => {
    environment = { PORT: "1", HOST: "127.0.0.1" };
    const { code, err } = await run("healthcheck");
    expect([code, err]).toEqual([1, "webhooker: No healthy gateway responds on 127.0.0.1, port 1."]);
  });
});

describe("webhooker manual", () => {
  test("lists the chapters with one line each", async () => {
    const { code, out, err } = await run("manual");
    expect([code, err]).toEqual([0, ""]);
    for (const { slug, summary } of manualChapters)
      expect(out).toMatch(new RegExp(`^${slug} +${summary}$`, "m"));
  });

  test("prints a chapter, in colour only on a terminal", async () => {
    const plain = await run("manual signing");
    expect([plain.code, plain.err]).toEqual([0, ""]);
    expect(plain.out).toStartWith("Signed deliveries\n=====");
    expect(plain.out).not.toContain("\u001b");
    expect((await run("manual signing", "", { colours: true, columns: 80 })).out).toContain("\u001b[1m");
  });

  test("accepts a chapter's file name too, and lists the chapters for an unknown name", async () => {
    expect((await run("manual Signing.md")).out).toStartWith("Signed deliveries\n");
    const { code, out, err } = await run("manual signings");
    expect([code, out]).toEqual([1, ""]);
    expect(err).toStartWith('webhooker: Unknown chapter "signings".\nChapters: ');
    for (const { slug } of manualChapters) expect(err).toContain(slug);
  });
});

test("the manual's chapter on the command line lists every command", async () => {
  const chapter = findChapter("cli")?.text ?? "";
  const { out } = await run("--help");
  const commands = [
    ...(out.split("Commands:")[1]?.split("Environment:")[0] ?? "").matchAll(/^ {2}([a-z-]+)/gm),
  ];
  expect(commands.length).toBeGreaterThan(10);
  const left = commands
    .map(([, name]) => name ?? "")
    .filter((name) => !chapter.includes(`webhooker ${name}`));
  expect(left).toEqual([]);
});

describe("webhooker user", () => {
  test("adds a user with a generated password, which it prints", async () => {
    const { code, out, err } = await run("user add ada");
    expect([code, err]).toEqual([0, ""]);
    const password = /^Added the user ada\.\nPassword: (\S{20})$/.exec(out)?.[1] ?? "";
    const user = await withGateway(({ users }) => users.verifyPassword({ username: "ada", password }));
    expect(user?.role).toBe("user");
  });

  test("adds an administrator with the password from standard input, which it does not print", async () => {
    const added = await run("user add root --role admin --password-stdin", "battery staple\n");
    expect(added).toEqual({ code: 0, out: "Added the administrator root.", err: "" });
    const given = { username: "root", password: "battery staple" };
    expect((await withGateway(({ users }) => users.verifyPassword(given)))?.role).toBe("admin");
  });

  test("changes a password while the gateway has the database open", async () => {
    await withGateway(async ({ users }) => {
      await users.create({ username: "ada", password: "correct horse", role: "user" });
      const changed = await run("user passwd ada --password-stdin", "battery staple\r\n");
      expect(changed).toEqual({ code: 0, out: "Set the password of ada.", err: "" });
      const verify = (password: string) => users.verifyPassword({ username: "ada", password });
      expect(await verify("correct horse")).toBeNull();
      expect(await verify("battery staple")).not.toBeNull();
    });
  });

  test("is refused on a node that follows, and says where to go", async () => {
    await withGateway(async ({ mainDb }) => {
      mainDb.replication.join({ born: "log", position: 0, role: "following" });
      const { code, err } = await run("user add ada");
      expect(code).toBe(1);
      expect(err).toContain("Make the change at the node that leads, while it runs");
      expect(mainDb.users.findByUsername("ada")).toBeNull();
    });
  });

  test("ends all sessions of a user, also while the gateway has the database open", async () => {
    await run("user add ada");
    const mainDb = openMainDb({ path: join(directory, "data", "webhooker.db"), clock });
    const sessions = createSessions({ mainDb, clock, limits: { idleHours: 1, maxDays: 1 } });
    const userId = mainDb.users.findByUsername("ada")?.id ?? "";
    const { token } = sessions.create({ userId, userAgent: "", remoteAddress: "192.0.2.1" });
    expect((await run("user sign-out ada")).out).toBe("Signed ada out everywhere.");
    expect(sessions.find(token)).toBeNull();
    mainDb.close();
    expect((await run("user sign-out nobody")).code).toBe(1);
  });

  test("transfers all webhooks of a user, each with an entry in the audit log", async () => {
    for (const name of ["ada", "bob", "carol"]) await run(`user add ${name}`);
    const mainDb = openMainDb({ path: join(directory, "data", "webhooker.db"), clock });
    const idOf = (name: string) => mainDb.users.findByUsername(name)?.id ?? "";
    const born = { createdAt: 1, updatedAt: 1, deletedAt: null, eventsLostAt: null, settings: null };
    const own = (id: string, name: string) =>
      mainDb.webhooks.insert({
        id,
        name: id,
        userId: idOf(name),
        ...born,
        key: null,
        managedBy: null,
        externalId: null,
      });
    own("shop", "ada");
    own("blog", "ada");
    own("other", "carol");
    const share = (webhookId: string, name: string) =>
      mainDb.members.insert({
        id: `${webhookId}-${name}`,
        webhookId,
        userId: idOf(name),
        teamId: null,
        role: "viewer",
        createdAt: 1,
      });
    share("shop", "bob");
    share("other", "ada");
    mainDb.users.setDisabledAt({ id: idOf("ada"), disabledAt: 1, at: 1 });
    expect((await run("user transfer ada bob")).out).toBe("Transferred 2 webhooks of ada to bob.");
    const owners = ["shop", "blog", "other"].map((id) => mainDb.webhooks.find(id)?.userId);
    expect(owners).toEqual([idOf("bob"), idOf("bob"), idOf("carol")]);
    const members = mainDb.members.list("shop").map(({ userId, role }) => [userId, role]);
    expect(members).toEqual([[idOf("ada"), "editor"]]);
    const { entries } = mainDb.audit.search({ readerId: idOf("bob"), action: "webhook.transfer", limit: 9 });
    expect(entries.map(({ via, object_name }) => `${via} ${object_name}`)).toEqual([
      "command line shop",
      "command line blog",
    ]);
    mainDb.close();
    for (const names of ["ada ada", "bob ada", "bob nobody", "nobody bob"]) {
      expect((await run(`user transfer ${names}`)).code).toBe(1);
    }
    const { err } = await run("user transfer bob nobody");
    expect(err).toBe("webhooker: No such user.\nList the users with: webhooker user list.");
  });

  test("resets a second factor, for a user who has lost everything else", async () => {
    await run("user add ada");
    expect((await run("user reset-second-factor ada")).out).toBe("ada has no second factor.");
    const mainDb = openMainDb({ path: join(directory, "data", "webhooker.db"), clock });
    const id = mainDb.users.findByUsername("ada")?.id ?? "";
    mainDb.secondFactors.put({ id, secret: "sealed", lastStep: 1, createdAt: 1 }, ["hash"]);
    expect((await run("user reset-second-factor ada")).out).toBe("Reset the second factor of ada.");
    expect([mainDb.secondFactors.find(id), mainDb.secondFactors.countCodes(id)]).toEqual([null, 0]);
    mainDb.close();
    expect((await run("user reset-second-factor nobody")).code).toBe(1);
  });

  test("lists users by name, and only the heading without users", async () => {
    await withGateway(async () => undefined);
    expect((await run("user list")).out).toBe("USERNAME  ROLE  STATE  CREATED (UTC)");
    await run("user add bob --password-stdin", "battery staple");
    await run("user add ada --role admin --password-stdin", "battery staple");
    expect((await run("user list")).out.split("\n")).toEqual([
      "USERNAME  ROLE   STATE   CREATED (UTC)",
      "ada       admin  active  2026-01-01 00:00:00",
      "bob       user   active  2026-01-01 00:00:00",
    ]);
  });

  test("refuses a taken name, an invalid name, a short password and an unknown user", async () => {
    await run("user add ada --password-stdin", "battery staple");
    const taken = await run("user add ADA");
    expect([taken.code, taken.out]).toEqual([1, ""]);
    expect(taken.err).toStartWith("webhooker: User already exists.\n");
    expect((await run("user add a/b")).err).toStartWith("webhooker: The username must be");
    const short = await run("user add bob --password-stdin", "short\n");
    expect(short.err).toStartWith("webhooker: The password has fewer than 10 characters.\n");
    expect(short.code).toBe(1);
    const unknown = await run("user passwd bob");
    expect(unknown.err).toBe("webhooker: No such user.\nList the users with: webhooker user list.");
    expect([unknown.code, unknown.out]).toEqual([1, ""]);
  });
});

describe("without a main database", () => {
  test.each([
    "user list",
    "user passwd ada",
    "apikey list",
    "apikey create --user ada --name CI",
    "apikey revoke 7",
  ])("%s says where it looks for one, and creates none", async (words) => {
    const { code, out, err } = await run(words);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toStartWith(`webhooker: The main database ${environment.DBURL} does not exist.\nSet DBURL`);
    expect(existsSync(join(directory, "data"))).toBe(false);
  });
});

describe("webhooker apikey", () => {
  beforeEach(async () => {
    await run("user add ada --password-stdin", "battery staple");
  });

  test("prints only the new key, which the running gateway accepts at once, until it is revoked", async () => {
    await withGateway(async ({ apiKeys }) => {
      const { code, out, err } = await run("apikey create --user ada --name CI");
      expect([code, err]).toEqual([0, ""]);
      expect(out).toMatch(/^whk_[A-Za-z0-9_-]{43}$/);
      const id = apiKeys.authenticate(out)?.apiKeyId ?? "";
      expect(await run(`apikey revoke ${id}`)).toEqual({
        code: 0,
        out: `Revoked the API key ${id}.`,
        err: "",
      });
      expect(apiKeys.authenticate(out)).toBeNull();
      expect((await run(`apikey revoke ${id}`)).err).toBe("webhooker: No such API key.");
    });
  });

  test("lists keys without their tokens, all or one user's, and without terminal escapes", async () => {
    await run("user add bob --password-stdin", "battery staple");
    const { out: first } = await run("apikey create --user ada --name \u001b[31mCI");
    const { out: second } = await run("apikey create --user bob --name Backup");
    const all = (await run("apikey list")).out;
    expect(all.split("\n")).toHaveLength(3);
    expect(all).toContain(`${first.slice(0, 8)}…  ada   ?[31mCI`);
    expect(all).not.toContain(first.slice(8));
    const bobs = (await run("apikey list --user bob")).out;
    expect(bobs.split("\n")).toHaveLength(2);
    expect(bobs).toContain(second.slice(0, 8));
    const { code, err } = await run("apikey list --user carol");
    expect([code, err.split("\n")[0]]).toEqual([1, "webhooker: No such user."]);
  });

  test("limits a key by scopes, webhooks and an expiry, and lists these", async () => {
    await withGateway(async ({ apiKeys, mainDb, users }) => {
      const [id, userId] = [newId(), users.findByUsername("ada")?.id ?? ""];
      const born = {
        createdAt: 1,
        updatedAt: 1,
        deletedAt: null,
        key: null,
        managedBy: null,
        externalId: null,
      };
      mainDb.webhooks.insert({ id, userId, name: "Shop", eventsLostAt: null, settings: null, ...born });
      const { out } = await run(
        "apikey create --user ada --name CI --scope replay events:read --webhook Shop --expires 2099-01-31",
      );
      expect(apiKeys.authenticate(out)).toMatchObject({
        scopes: ["events:read", "replay"],
        webhookIds: [id],
        expiresAt: Date.UTC(2099, 0, 31),
      });
      expect((await run("apikey list")).out).toMatch(/events:read,replay +1 +2099-01-31 00:00:00/);
      const { out: short } = await run("apikey create --user ada --name CI --expires 90d");
      expect(apiKeys.authenticate(short)?.expiresAt).toBe(clock.now() + 90 * 86_400_000);
    });
    const create = "apikey create --user ada --name CI";
    for (const wrong of ["--scope all", "--expires soon", "--expires 2099-02-31T25:00Z"]) {
      expect((await run(`${create} ${wrong}`)).code).toBe(2);
    }
    expect((await run(`${create} --expires 2001-01-01`)).err).toContain("The API key is not valid");
    expect((await run(`${create} --webhook Nothing`)).err).toContain("No such webhook");
  });

  test("acts for a service account, which has no password", async () => {
    expect((await run("user add robot --service")).out).toBe("Added the service account robot.");
    expect((await run("user list")).out).toMatch(/robot +service +active/);
    expect((await run("user add boss --service --role admin")).code).toBe(1);
    expect((await run("apikey create --user robot --name CI")).out).toStartWith("whk_");
  });

  test("refuses a key for an unknown user and a key without a name", async () => {
    expect((await run("apikey create --user carol --name CI")).code).toBe(1);
    const unnamed = await run("apikey create --user ada --name=");
    expect([unnamed.code, unnamed.out]).toEqual([1, ""]);
    expect(unnamed.err).toBe("webhooker: The API key's name must have 1 to 200 characters.");
  });
});

test("webhooker export and import name the file that they cannot use", async () => {
  await withGateway(async () => undefined);
  const nowhere = join(directory, "nowhere");
  const exported = await run(`export Orders ${join(nowhere, "orders.db")}`);
  expect([exported.code, exported.err.split("\n")[0]]).toEqual([
    1,
    `webhooker: Cannot create a file in ${nowhere} (ENOENT).`,
  ]);
  const imported = await run(`import ${directory} --user ada`);
  expect([imported.code, imported.err]).toEqual([1, `webhooker: ${directory} is not a file.`]);
});

test("webhooker backup names the folder that it cannot create", async () => {
  await withGateway(async () => undefined);
  const to = join(directory, "data", "webhooker.db", "backup");
  const { code, err } = await run(`backup ${to}`);
  expect([code, err.split("\n")[0]]).toEqual([1, `webhooker: The folder ${to} cannot be created (ENOTDIR).`]);
});

describe("webhooker check", () => {
  test("reports no faults while a gateway has the databases open", async () => {
    await withGateway(async () => {
      expect(await run("check")).toEqual({
        code: 0,
        out: "No faults in the main database and 0 event files.",
        err: "",
      });
    });
  });

  test("prints each fault on its own line, and exits with 1", async () => {
    await withGateway(async () => undefined);
    writeFileSync(join(directory, "data", "events-torn.db"), "no database at all".repeat(100));
    const { code, out, err } = await run("check");
    expect([code, out]).toEqual([1, "events-torn.db: file is not a database"]);
    expect(err).toStartWith("webhooker: 1 fault in the main database and 1 event file.\n");
  });

  test("reports an entry of the audit log that was changed", async () => {
    await run("user add ada");
    await run("apikey create --user ada --name deploys");
    const db = new Database(environment.DBURL);
    db.run("DROP TRIGGER audit_log_never_changes");
    expect(db.query("SELECT number, via, action, object_name FROM audit_log").values()).toEqual([
      [1, "command line", "user.create", "ada"],
      [2, "command line", "api_key.create", "deploys"],
    ]);
    db.run("UPDATE audit_log SET object_name = 'others' WHERE number = 2");
    db.close();
    const { code, out } = await run("check");
    expect(code).toBe(1);
    expect(out).toBe("main database: the audit log is not as it was written: entry 2 was changed");
  });

  test("reports that there is nothing to check, and creates nothing", async () => {
    const { code, err } = await run("check");
    expect(code).toBe(1);
    expect(err).toStartWith("webhooker: Nothing to check: ");
    expect(existsSync(join(directory, "data"))).toBe(false);
  });
});
