/**
 * Marks attempts as begun before they begin, in a file of its own: what kills the process is found at the next start.
 * It is written without a sync. A killed process leaves what it has written to the system; a power cut may take it,
 * and was nobody's fault.
 */
import { closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { errorMessage } from "../../lib/errors.ts";
import type { Logger } from "../../observability/log.ts";
import { watchPlace } from "../sqlite/same-file.ts";
import { readBootId } from "./boot-id.ts";
import { type LeftBehind, lines, type MarkedAttempt, readJournal, type Suspect } from "./records.ts";

const NAME = "webhooker.attempts";
/** Then it is written anew, with what is under way only. */
const LONG_BYTES = 1024 * 1024;
const BUFFER_BYTES = 64 * 1024;
/** More than any line has. */
const LINE_BYTES = 256;

export type JournalState = Readonly<{
  suspects: Iterable<Suspect>;
  /** Suspects that are being attempted, in the order in which that began. */
  tests: Iterable<Readonly<{ suspect: Suspect; hasOutlived: boolean }>>;
  begun: Iterable<MarkedAttempt>;
}>;

/** No call throws: without its marks an attempt is made all the same. */
export type AttemptJournal = Readonly<{
  /** What the process before left. */
  left: LeftBehind;
  /** Before the attempt begins; what is marked is written by `flush`, many at a time. */
  mark: (webhookId: string, targetId: string, eventId: string, attempt: number) => void;
  flush: () => void;
  note: (what: "test" | "outlived" | "ended", of: MarkedAttempt) => void;
  isLong: () => boolean;
  rewrite: (state: JournalState) => void;
  /** A stop was asked for: nothing that is under way from now on is suspect for it. */
  close: (state: Pick<JournalState, "suspects">) => void;
}>;

/** Marks nothing. */
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
  /** What names this run of the machine. */
  bootId?: string;
}): AttemptJournal {
  const { folder, log, bootId = readBootId() } = options;
  const path = join(folder, NAME);
  const isFolderInPlace = watchPlace(folder);
  const buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  let descriptor: number | null = null;
  let bytes = 0;
  let hasFailed = false;
  let isClosed = false;
  /** Of what is marked and not written yet. */
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
    // Counted without a file too: then it is tried anew.
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

  /** In a new file that takes the other's place: at no moment is there none that names what is under way. */
  function rewrite({ suspects, tests, begun: underWay }: JournalState): void {
    if (isClosed) return;
    if (!isFolderInPlace()) {
      // A disk that was unmounted has left another folder behind, in which nobody will look.
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
    // What lasts, such as many suspects, must not have it written anew at each turn.
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
    ...{ left, mark, flush, rewrite },
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
