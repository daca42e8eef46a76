/** Identifies this boot of the machine: another id after a reboot, or on another machine. */
import { readFileSync } from "node:fs";
import { uptime } from "node:os";

const MINUTE_MS = 60_000;

export function readBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  } catch {
    // Systems without a boot id: the minute in which the machine started. Setting the clock changes it.
    return String(Math.round((Date.now() - uptime() * 1_000) / MINUTE_MS));
  }
}
