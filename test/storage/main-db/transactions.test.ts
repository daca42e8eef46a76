/** Actions around the commit of a transaction of the main database. */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { createTransactions } from "../../../src/storage/main-db/transactions.ts";

function open() {
  const db = new Database(":memory:");
  db.run("CREATE TABLE notes (text TEXT)");
  const notes = () =>
    db
      .query<{ text: string }, []>("SELECT text FROM notes ORDER BY rowid")
      .all()
      .map(({ text }) => text);
  const note = (text: string) => void db.run("INSERT INTO notes VALUES (?)", [text]);
  return { ...createTransactions(db), notes, note };
}

test("what is left for the end is part of the transaction, and of the one under way only", () => {
  const { run, beforeCommit, note, notes } = open();
  run(() => {
    beforeCommit(() => note("last"));
    run(() => note("inner"));
    note("outer");
  });
  expect(notes()).toEqual(["inner", "outer", "last"]);
  const failing = () =>
    run(() => {
      note("gone");
      beforeCommit(() => {
        throw new Error("no");
      });
    });
  expect(failing).toThrow("no");
  run(() => note("next"));
  expect(notes()).toEqual(["inner", "outer", "last", "next"]);
  expect(() => beforeCommit(() => undefined)).toThrow();
});

test("what waits for the commit runs once for each key, and never without the commit", () => {
  const { run, onceAfterCommit, afterCommit } = open();
  const done: string[] = [];
  const changed = (id: string) => onceAfterCommit(id, () => done.push(id));
  run(() => {
    for (const id of ["a", "b", "a"]) changed(id);
    afterCommit(() => done.push("each"));
    expect(done).toEqual([]);
  });
  expect(done).toEqual(["a", "b", "each"]);
  const failing = () =>
    run(() => {
      changed("a");
      throw new Error("no");
    });
  expect(failing).toThrow("no");
  expect(done).toHaveLength(3);
  run(() => changed("a"));
  changed("a");
  expect(done.slice(3)).toEqual(["a", "a"]);
});

test("one transaction is told from the next", () => {
  const { run, current } = open();
  expect(current()).toBeNull();
  const [one, same, other] = [run(() => [current(), run(current)] as const), null, run(current)];
  expect([one[0] === one[1], one[0] === other, same, current()]).toEqual([true, false, null, null]);
});
