/** The plain way to be durable: each request is a transaction of its own at synchronous=FULL. Prints its port. */
import { Database, type Statement } from "bun:sqlite";
import { join } from "node:path";
import { Elysia } from "elysia";

type Insert = Statement<never, [string, number, string, Uint8Array]>;

const folder = Bun.argv[2];
if (folder === undefined) throw new Error("usage: per-request-server.ts FOLDER");

const files = new Map<string, Insert>();

function insertFor(webhook: string): Insert {
  const known = files.get(webhook);
  if (known !== undefined) return known;
  const db = new Database(join(folder ?? "", `${webhook}.db`), { create: true, strict: true });
  db.run("PRAGMA journal_mode = WAL");
  db.run("PRAGMA synchronous = FULL");
  db.run(
    "CREATE TABLE events (id TEXT PRIMARY KEY, received_at INTEGER NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL)",
  );
  const insert: Insert = db.prepare("INSERT INTO events VALUES (?, ?, ?, ?)");
  files.set(webhook, insert);
  return insert;
}

const app = new Elysia({ precompile: true }).post(
  "/webhook/:id",
  async ({ request, params }) => {
    const body = new Uint8Array(await request.arrayBuffer());
    const id = Bun.randomUUIDv7();
    insertFor(params.id).run(id, Date.now(), JSON.stringify([...request.headers]), body);
    return { id };
  },
  { parse: "none" },
);
app.listen({ hostname: "127.0.0.1", port: 0 });
process.stdout.write(`${app.server?.port}\n`);
