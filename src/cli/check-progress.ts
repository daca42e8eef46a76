/** Reports the progress of a long check to people at the terminal. */
import { formatBytes, formatDuration } from "../dashboard/components/format.ts";
import { every } from "../lib/every.ts";
import type { CheckProgress } from "../storage/reader/check.ts";
import type { Io } from "./io.ts";

const TELL_EVERY_MS = 10_000;

const PARTS: Readonly<Record<CheckProgress["part"], string>> = {
  reading: "reading it",
  structure: "checking its structure",
  ledger: "counting its rows for the ledger",
};

export type ProgressLines = Readonly<{
  note: (progress: CheckProgress) => void;
  stop: () => void;
}>;

export function tellCheckProgress({ clock, err }: Pick<Io, "clock" | "err">): ProgressLines {
  let current: CheckProgress | null = null;
  let since = clock.monotonic();

  function tell(): void {
    if (current === null) return;
    const { database, number, eventFiles, bytes, part } = current;
    const which = `${number} of ${eventFiles}: ${database} (${formatBytes(bytes)})`;
    err(`${which}, ${PARTS[part]}, ${formatDuration(clock.monotonic() - since)} so far …`);
  }

  return {
    note(progress) {
      if (progress.database !== current?.database) since = clock.monotonic();
      current = progress;
    },
    stop: every(clock, TELL_EVERY_MS, tell),
  };
}
