import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { newId } from "../../../src/lib/ids.ts";
import {
  type AttemptJournal,
  openAttemptJournal,
} from "../../../src/storage/attempt-journal/attempt-journal.ts";
import {
  lines,
  type MarkedAttempt,
  readJournal,
  type Suspect,
} from "../../../src/storage/attempt-journal/records.ts";
import { createRecordingLog } from "../../support/recording-log.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "webhooker-attempts-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const { log, lines: logged } = createRecordingLog();
const path = () => join(folder, "webhooker.attempts");
const open = (bootId = "one"): AttemptJournal => openAttemptJournal({ folder, log, bootId });

function some(attempt = 1): MarkedAttempt {
  return { webhookId: newId(), targetId: newId(), eventId: newId(), attempt };
}

function mark(journal: AttemptJournal, ...attempts: readonly MarkedAttempt[]): void {
  for (const { webhookId, targetId, eventId, attempt } of attempts) {
    journal.mark(webhookId, targetId, eventId, attempt);
  }
  journal.flush();
}

const suspect = (of: MarkedAttempt, deaths = 1): Suspect => ({ ...of, deaths });

describe("the attempt journal", () => {
  test("names the attempts under way when the process was killed, until they are handled", () => {
    const [one, two] = [some(), some(7)];
    mark(open(), one, two);
    for (let start = 0; start < 3; start++) {
      expect(open().left).toEqual({ suspects: [suspect(one), suspect(two)], culprits: [] });
    }
  });

  test("does not suspect attempts under way at a stop, or when the machine went down", () => {
    const stopped = open();
    mark(stopped, some());
    stopped.close({ suspects: [] });
    mark(stopped, some());
    stopped.rewrite({ suspects: [], tests: [], begun: [some()] });
    expect(open().left.suspects).toEqual([]);
    mark(open("one"), some());
    expect(open("another").left.suspects).toEqual([]);
  });

  test("names as culprit the one attempted on its own at the second death", () => {
    const [guilty, innocent, fresh] = [some(), some(), some()];
    mark(open(), guilty, innocent);
    const journal = open();
    journal.note("test", innocent);
    journal.note("ended", innocent);
    mark(journal, fresh);
    journal.note("test", guilty);
    expect(open().left).toEqual({ suspects: [suspect(fresh)], culprits: [suspect(guilty, 2)] });
  });

  test("names as culprit the one of several that had just begun", () => {
    const [slow, guilty] = [some(), some()];
    mark(open(), slow, guilty);
    const journal = open();
    journal.note("test", slow);
    journal.note("outlived", slow);
    journal.note("test", guilty);
    expect(open().left).toEqual({ suspects: [suspect(slow, 2)], culprits: [suspect(guilty, 2)] });
  });

  test("names no culprit among several that had been under way for a while, until the third death", () => {
    const [one, two] = [some(), some()];
    mark(open(), one, two);
    for (const isThird of [false, true]) {
      const journal = open();
      for (const each of [one, two]) {
        journal.note("test", each);
        journal.note("outlived", each);
      }
      const [suspects, culprits] = [
        [suspect(one, 2), suspect(two, 2)],
        [suspect(one, 3), suspect(two, 3)],
      ];
      expect(open().left).toEqual(isThird ? { suspects: [], culprits } : { suspects, culprits: [] });
    }
  });

  test("counts no death of a suspect at a stop or a power cut during its attempt", () => {
    const of = some();
    mark(open(), of);
    open().note("test", of);
    expect(open("another").left).toEqual({ suspects: [suspect(of)], culprits: [] });
    const journal = open("another");
    journal.note("test", of);
    journal.close({ suspects: [suspect(of)] });
    expect(open("another").left).toEqual({ suspects: [suspect(of)], culprits: [] });
  });

  test("is rewritten with only the attempts under way, once it is long", () => {
    const journal = open();
    const [last, tested] = [some(), some()];
    while (!journal.isLong()) mark(journal, ...Array.from({ length: 100 }, () => some()));
    const tests = [{ suspect: suspect(tested), hasOutlived: true }];
    journal.rewrite({ suspects: [], tests, begun: [last] });
    expect([journal.isLong(), readFileSync(path()).length < 1_000]).toEqual([false, true]);
    expect(open().left).toEqual({ suspects: [suspect(last)], culprits: [suspect(tested, 2)] });
  });

  test("of any bytes is read without a fault, and a torn line is ignored", () => {
    const of = some();
    const whole = lines.begun(of);
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.nat(whole.length - 1), (noise, cut) => {
        const { suspects } = readJournal(
          `boot one\n${noise}\n${whole}${lines.begun(some()).slice(0, cut)}`,
          "one",
        );
        expect(suspects.map(({ eventId }) => eventId)).toEqual([of.eventId]);
      }),
    );
    appendFileSync(path(), "begun ../../etc/passwd x y z\n\0\0\0\n");
    expect(open().left.suspects).toEqual([]);
  });

  test("that cannot be written stops no attempt, and is reported once", () => {
    const journal = open();
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "");
    for (let n = 0; n < 3; n++) journal.rewrite({ suspects: [], tests: [], begun: [] });
    mark(journal, some());
    expect(logged.filter(({ level }) => level === "warn")).toHaveLength(1);
  });
});
