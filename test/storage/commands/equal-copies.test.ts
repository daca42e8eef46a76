/** Files that are given the same commands stay equal, however the commands are grouped and whenever a file is reopened. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { decodeRecord, encodeRecord } from "../../../src/storage/cluster/record.ts";
import {
  applyCommand,
  COMMANDS,
  type Command,
  type CommandName,
} from "../../../src/storage/commands/table.ts";
import { EventFile } from "../../../src/storage/event-db/event-file.ts";
import { listLedgerFaults } from "../../../src/storage/event-db/numbers/ledger.ts";
import { digestTables } from "../../../src/storage/reader/file-digest.ts";
import { commitWrites } from "../../../src/storage/writer/commit-writes.ts";
import { EventWrite, SettlementWrite } from "../../../src/storage/writer/writes.ts";
import { drawFrom } from "../../support/draw.ts";
import { makeTestFolder } from "../../support/folder.ts";
import { RandomCommands } from "./random-commands.ts";

const WEBHOOK = "webhook";

let folder: string;
let files: EventFile[];

beforeEach(() => {
  folder = makeTestFolder("copies");
  files = [];
});

afterEach(() => {
  for (const file of files) file.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(path: string): EventFile {
  const file = new EventFile(WEBHOOK, path, { sync: () => Promise.resolve(), keepsWals: false });
  files.push(file);
  return file;
}

function close(file: EventFile): void {
  files.splice(files.indexOf(file), 1);
  file.close();
}

type Outcome = Readonly<{ result: unknown; isRefused: boolean }>;
type Applied = Readonly<{ outcomes: readonly Outcome[]; changes: readonly number[] }>;

/** Applies the commands in one transaction, or one by one if one of them is refused; says how many rows each changed. */
function applyTogether(
  file: EventFile,
  commands: readonly Command[],
  apply: (file: EventFile, command: Command) => unknown = applyCommand,
): Applied {
  const changesOf = () => file.db.query<{ n: number }, []>("SELECT total_changes() AS n").get()?.n ?? 0;
  const outcomes: Outcome[] = [];
  const changes: number[] = [];
  const writes = commands.map((command, index) => ({
    apply() {
      const before = changesOf();
      const result = apply(file, command);
      outcomes[index] = { result, isRefused: false };
      changes[index] = changesOf() - before;
    },
    index,
  }));
  const refuse = (index: number) => {
    outcomes[index] = { result: null, isRefused: true };
    changes[index] = 0;
  };
  try {
    commitWrites(file, writes, ({ index }) => refuse(index));
  } catch {
    refuse(0);
  }
  return { outcomes, changes };
}

/** As the writer does, which has a shorter way for the most frequent ones. */
function write(file: EventFile, command: Command): unknown {
  const ignore = () => undefined;
  if (command.name === "append") return new EventWrite(command.draft, ignore, ignore).apply(file);
  if (command.name === "settle") return new SettlementWrite(command.settlement, ignore, ignore).apply(file);
  return applyCommand(file, command);
}

/** As another machine gets them. */
function sent(commands: readonly Command[]): readonly Command[] {
  const { entries } = decodeRecord(encodeRecord({ node: "one", entries: commands }));
  return entries.filter(isCommand);
}

function isCommand(entry: unknown): entry is Command {
  return typeof entry === "object" && entry !== null && "name" in entry && String(entry.name) in COMMANDS;
}

/** Gives two files the same commands. Returns how many rows the commands of each name changed. */
function compare(seed: number, count: number): ReadonlyMap<CommandName, number> {
  const random = drawFrom(~seed);
  const sizes = (most: number) => 1 + Math.floor(random() * most);
  const [path, otherPath] = ["one", "other"].map((name) => join(folder, `${name}-${seed}.db`));
  const file = open(path ?? "");
  let other = open(otherPath ?? "");
  const generator = new RandomCommands(file, seed);
  const changes = new Map<CommandName, number>();
  const waiting: Command[] = [];
  const outcomes: Outcome[] = [];
  for (let made = 0; made < count; ) {
    const commands = Array.from({ length: sizes(12) }, () => generator.next());
    made += commands.length;
    const applied = applyTogether(file, commands, write);
    for (const [index, command] of commands.entries()) {
      generator.learn(command, applied.outcomes[index]?.result);
      changes.set(command.name, (changes.get(command.name) ?? 0) + (applied.changes[index] ?? 0));
    }
    outcomes.push(...applied.outcomes);
    waiting.push(...commands);
  }
  const otherOutcomes: Outcome[] = [];
  while (waiting.length > 0) {
    otherOutcomes.push(...applyTogether(other, sent(waiting.splice(0, sizes(90)))).outcomes);
    if (random() > 0.3) continue;
    close(other);
    other = open(otherPath ?? "");
  }
  expect(otherOutcomes).toEqual(outcomes);
  expect(Object.fromEntries(digestTables(other.db))).toEqual(Object.fromEntries(digestTables(file.db)));
  expect(listLedgerFaults(file.db)).toEqual([]);
  close(file);
  close(other);
  return changes;
}

test("files that are given the same commands have equal rows, and equal results", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => void compare(seed, 250)),
    { numRuns: 6 },
  );
});

test("all commands of the table are among those, and each changes something", () => {
  const changes = compare(1, 2_000);
  const names = Object.keys(COMMANDS);
  expect(names.filter((name) => !Array.from(changes.keys(), String).includes(name))).toEqual([]);
  expect([...changes].filter(([, rows]) => rows === 0).map(([name]) => name)).toEqual([]);
});
