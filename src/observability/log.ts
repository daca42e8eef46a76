/** Structured logging: one line per fact, without secrets, and without blocking the event loop. */
import { type LoggerOptions, type Logger as PinoLogger, pino } from "pino";
import { createLogDestination } from "./log-destination.ts";
import { redact } from "./log-redaction.ts";
import { textLine } from "./log-text.ts";

export type LogFields = Readonly<Record<string, unknown>>;

export type Logger = Readonly<{
  debug: (message: string, fields?: LogFields) => void;
  info: (message: string, fields?: LogFields) => void;
  warn: (message: string, fields?: LogFields) => void;
  error: (message: string, fields?: LogFields) => void;
  /** Returns a logger that adds `fields` to every line. */
  with: (fields: LogFields) => Logger;
}>;

export type RootLogger = Logger &
  Readonly<{
    /** Resolves once everything logged so far is written, or when the reader has been stuck for a second. */
    flush: () => Promise<void>;
  }>;

const STDOUT = 1;

/**
 * `write` receives complete lines including the line feed, synchronously; without it they go to standard output in
 * batches.
 */
export function createLogger(options: {
  level: "debug" | "info" | "warn" | "error";
  format: "json" | "text";
  write?: (line: string) => void;
}): RootLogger {
  const render = options.format === "json" ? (line: string) => line : textLine;
  const destination = options.write
    ? { write: options.write, flush: async () => {} }
    : createLogDestination({ fd: STDOUT, droppedLine: (count) => render(droppedLine(count)) });
  // No `transport`: its worker thread is loaded from a path that a compiled executable does not have.
  const settings: LoggerOptions = {
    level: options.level,
    base: null,
    messageKey: "message",
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  return {
    ...wrap(pino(settings, { write: (line) => destination.write(render(line)) })),
    flush: destination.flush,
  };
}

function wrap(inner: PinoLogger): Logger {
  const at = (level: "debug" | "info" | "warn" | "error") => (message: string, fields?: LogFields) => {
    if (!inner.isLevelEnabled(level)) return;
    inner[level](fields === undefined ? {} : redact(fields), message);
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (fields) => wrap(inner.child(redact(fields))),
  };
}

function droppedLine(count: number): string {
  const fact = {
    level: "warn",
    time: new Date(),
    message: "log lines were dropped because the log is not being read",
    count,
  };
  return `${JSON.stringify(fact)}\n`;
}
