/**
 * Records each attempt before it begins, in a file of its own, so that the next start finds the attempt that killed the
 * process. Written without a sync: a killed process leaves its writes to the system; a power cut may lose them, but no
 * attempt caused it.
 */
import { closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { errorMessage } from "../../lib/errors.ts";
import type { Logger } from "../../observability/log.ts";
import { watchSameFile } from "../sqlite/same-file.ts";
import { readBootId } from "./boot-id.ts";
import { type LeftBehind, lines, type MarkedAttempt, readJournal, type Suspect } from "./records.ts";

const NAME = "webhooker.attempts";
/** Length at which the file is rewritten with only the attempts under way. */
const LONG_BYTES = 1024 * 1024;
const BUFFER_BYTES = 64 * 1024;
/** No line is longer. */
const LINE_BYTES = 256;

type JournalState = Readonly<{
  suspects: Iterable<Suspect>;
  /** Suspects that are being attempted, in the order in which their attempts began. */
  tests: Iterable<Readonly<{ suspect: Suspect; hasOutlived: boolean }>>;
  begun: Iterable<MarkedAttempt>;
}>;

/** No call throws: an attempt that cannot be recorded is made all the same. */
export type AttemptJournal = Readonly<{
  /** The previous process' suspects and culprits. */
  left: LeftBehind;
  /** Call before the attempt begins. Marks are buffered; `flush` writes many at a time. */
  mark: (webhookId: string, targetId: string, eventId: string, attempt: number) => void;
  flush: () => void;
  note: (what: "test" | "outlived" | "ended", of: MarkedAttempt) => void;
  isLong: () => boolean;
  rewrite: (state: JournalState) => void;
  /** Call at a requested stop: attempts under way from then on do not become suspects. */
  close: (state: Pick<JournalState, "suspects">) => void;
}>;

/** A journal that records nothing. */
export const noJournal: AttemptJournal = {
  left: { suspects: [], culprits: [] },
  mark: () => undefined,
  flush: () => undefined,
  note: () => undefined,
  isLong: () => false,
  rewrite: () => undefined,
  close: () => undefined,
};

export function openAttemptJournal(options: {
  folder: string;
  log: Logger;
  /** Identifies this boot of the machine. */
  bootId?: string;
}): AttemptJournal {
  const { folder, log, bootId = readBootId() } = options;
  const path = join(folder, NAME);
  const isFolderInPlace = watchSameFile(folder);
  const buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  let descriptor: number | null = null;
  let bytes = 0;
  let hasFailed = false;
  let isClosed = false;
  /** Bytes that are marked and not yet written. */
  let length = 0;
  let [prefixOf, prefix] = ["", ""];
  const left = read(path, bootId);
  rewrite({ suspects: [...left.suspects, ...left.culprits], tests: [], begun: [] });

  function fail(error: unknown): void {
    closeDescriptor();
    if (!hasFailed) {
      const cause = errorMessage(error);
      log.warn(
        "starts of attempts cannot be recorded: an attempt that crashes the gateway will not be detected",
        {
          path,
          cause,
        },
      );
    }
    hasFailed = true;
  }

  function closeDescriptor(): void {
    if (descriptor !== null) closeSync(descriptor);
    descriptor = null;
  }

  function write(count: number): void {
    // Counted without a file too, so that `isLong` leads to another attempt to create one.
    bytes += count;
    if (descriptor === null || count === 0) return;
    try {
      writeSync(descriptor, buffer, 0, count);
    } catch (error) {
      fail(error);
    }
  }

  /** On the hot path, so the line is not built as a string of its own: that took four times as long. */
  function mark(webhookId: string, targetId: string, eventId: string, attempt: number): void {
    if (length + LINE_BYTES > BUFFER_BYTES) flush();
    if (targetId !== prefixOf) {
      prefixOf = targetId;
      prefix = lines.begunPrefix(webhookId, targetId);
    }
    length += buffer.write(prefix, length, "latin1");
    length += buffer.write(eventId, length, "latin1");
    length += buffer.write(lines.begunSuffix(attempt), length, "latin1");
  }

  function flush(): void {
    write(length);
    length = 0;
  }

  /** Writes a new file and renames it over the old one: at every moment some file names the attempts under way. */
  function rewrite({ suspects, tests, begun: underWay }: JournalState): void {
    if (isClosed) return;
    if (!isFolderInPlace()) {
      // An unmounted disk leaves another folder behind, which no later start reads.
      fail(new Error("the data folder is not in its place"));
      return;
    }
    const text = [
      lines.boot(bootId),
      ...Iterator.from(suspects).map(lines.suspect),
      ...Iterator.from(underWay).map(lines.begun),
      ...Iterator.from(tests).map(({ suspect, hasOutlived }) => {
        const test = `${lines.suspect(suspect)}${lines.test(suspect)}`;
        return hasOutlived ? `${test}${lines.outlived(suspect)}` : test;
      }),
    ].join("");
    closeDescriptor();
    // The length of what is still needed, such as many suspects, must not trigger a rewrite at each turn.
    bytes = 0;
    try {
      descriptor = openSync(`${path}.new`, "w");
      writeFileSync(descriptor, text);
      renameSync(`${path}.new`, path);
      hasFailed = false;
    } catch (error) {
      fail(error);
    }
  }

  return {
    left,
    mark,
    flush,
    rewrite,
    note(what, of) {
      flush();
      write(buffer.write(lines[what](of), 0, "latin1"));
    },
    isLong: () => bytes > LONG_BYTES,
    close({ suspects }) {
      rewrite({ suspects, tests: [], begun: [] });
      closeDescriptor();
      isClosed = true;
    },
  };
}

function read(path: string, bootId: string): LeftBehind {
  try {
    return readJournal(readFileSync(path, "latin1"), bootId);
  } catch {
    return { suspects: [], culprits: [] };
  }
}
