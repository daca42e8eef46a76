/** Structured logging: one JSON line per fact on standard output, never a secret. */
import { pino } from "pino";

export type LogFields = Readonly<Record<string, unknown>>;

export type Logger = Readonly<{
  debug: (message: string, fields?: LogFields) => void;
  info: (message: string, fields?: LogFields) => void;
  warn: (message: string, fields?: LogFields) => void;
  error: (message: string, fields?: LogFields) => void;
  /** A logger that adds `fields` to every line. */
  with: (fields: LogFields) => Logger;
}>;
