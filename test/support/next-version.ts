/** Builds an executable one version ahead of these sources, with what a later version may have more of. */
import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTestFolder } from "./folder.ts";

const ROOT = join(import.meta.dir, "../..");
/** The build reads the licences of the packages, too. */
const PARTS = ["src", ".ci", "package.json", "bun.lock", "tsconfig.json", "LICENSE"];

export const NEXT_VERSION = "99.0.0";

/** Put on events by the new field of `append`, and by the new command that goes before each replay. */
export const TAGS = { appended: "appended", replayed: "replayed" } as const;

/** Text that is in a file once, and what stands in its place. */
type Edit = readonly [path: string, from: string, to: string];

const MAIN_MIGRATION = `ALTER TABLE targets ADD COLUMN note TEXT NOT NULL DEFAULT 'none';
  CREATE TABLE target_notes (target_id TEXT PRIMARY KEY, note TEXT NOT NULL) STRICT;
  CREATE TRIGGER target_noted AFTER INSERT ON targets WHEN (SELECT role FROM cluster_state) IS NOT 'applying'
  BEGIN
    UPDATE targets SET note = 'next' WHERE id = new.id;
    INSERT INTO target_notes VALUES (new.id, new.name);
  END;`;

const EDITS: readonly Edit[] = [
  ["src/storage/main-db/migrations/index.ts", "\n];", `\n  \`${MAIN_MIGRATION}\`,\n];`],
  [
    "src/storage/event-db/migrations/index.ts",
    "\n];",
    '\n  "ALTER TABLE events ADD COLUMN tag TEXT; CREATE TABLE tags (tag TEXT PRIMARY KEY) STRICT",\n];',
  ],
  // A field of an old command, which earlier versions do without.
  [
    "src/storage/cluster/replicated-writer.ts",
    'command: { name: "append", draft }',
    `command: { name: "append", draft: { ...draft, tag: "${TAGS.appended}" } }`,
  ],
  [
    "src/storage/event-db/record-events.ts",
    "  file.tally.received(draft.entrypointId, draft.receivedAt);",
    `  if (draft.tag) file.db.query("UPDATE events SET tag = ? WHERE id = ?").run(draft.tag, draft.id);
  file.tally.received(draft.entrypointId, draft.receivedAt);`,
  ],
  // A new command, and a feature that cannot do without.
  [
    "src/storage/commands/event-commands.ts",
    "export const eventCommands = {",
    `export const eventCommands = {
  tag: durable((file, { eventId, tag }) => {
    file.db.query("UPDATE events SET tag = ? WHERE id = ?").run(tag, eventId);
  }),`,
  ],
  [
    "src/storage/cluster/replicated-writer.ts",
    '      if (command.name === "appendOnce") {',
    `      if (command.name === "replay")
        await runTimed(webhookId, { name: "tag", eventId: command.eventId, tag: "${TAGS.replayed}" });
      if (command.name === "appendOnce") {`,
  ],
  [
    "src/storage/cluster/formats.ts",
    "{ isIn: isComparison, before: null }",
    `{ isIn: isComparison, before: null },
  {
    isIn: ({ command }) => command?.draft?.tag !== undefined,
    before: ({ webhookId, command: { draft: { tag, ...draft }, ...rest } }) => ({
      webhookId,
      command: { ...rest, draft },
    }),
  },
  { isIn: ({ command }) => command?.name === "tag", before: null }`,
  ],
];

export type NextVersion = Readonly<{ executable: string; remove: () => void }>;

/** Takes as long as a build. */
export async function buildNextVersion(): Promise<NextVersion> {
  const folder = makeTestFolder("next");
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    for (const part of PARTS) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    for (const edit of EDITS) apply(folder, edit);
    setVersion(join(folder, "package.json"));
    const build = Bun.spawn([process.execPath, ".ci/build.ts"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const told = await new Response(build.stderr).text();
    if ((await build.exited) !== 0) throw new Error(`the next version was not built: ${told}`);
    return { executable: join(folder, "dist/webhooker"), remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function apply(folder: string, [path, from, to]: Edit): void {
  const file = join(folder, path);
  const parts = readFileSync(file, "utf8").split(from);
  if (parts.length !== 2) throw new Error(`${path} has ${JSON.stringify(from)} not once`);
  writeFileSync(file, parts.join(to));
}

function setVersion(path: string): void {
  const content = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  writeFileSync(path, JSON.stringify({ ...content, version: NEXT_VERSION }));
}
