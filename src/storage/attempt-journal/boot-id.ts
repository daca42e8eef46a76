/** Names this run of the machine: another name after a restart of it, or on another machine. */
import { readFileSync } from "node:fs";
import { uptime } from "node:os";

const MINUTE_MS = 60_000;

export function readBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  } catch {
    // Where the system names none: the minute in which it started. A clock that is set makes it another one.
    return String(Math.round((Date.now() - uptime() * 1_000) / MINUTE_MS));
  }
}
