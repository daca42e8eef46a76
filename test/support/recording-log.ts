/** A logger that keeps every line for the test to read. */
import type { LogFields, Logger } from "../../src/observability/log.ts";

export type LogLine = Readonly<{
  level: "debug" | "info" | "warn" | "error";
  message: string;
  fields: LogFields;
}>;

export function createRecordingLog(): { log: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: LogLine["level"], added: LogFields) =>
    (message: string, fields: LogFields = {}) => {
      lines.push({ level, message, fields: { ...added, ...fields } });
    };
  const create = (added: LogFields): Logger => ({
    debug: at("debug", added),
    info: at("info", added),
    warn: at("warn", added),
    error: at("error", added),
    with: (fields) => create({ ...added, ...fields }),
  });
  return { log: create({}), lines };
}
