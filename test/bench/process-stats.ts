/** Processor time and memory of a process, as Linux reports them. */
import { readFileSync } from "node:fs";

/** The kernel counts processor time in ticks of 1/100 s on every platform that Bun runs on. */
const MICROSECONDS_PER_TICK = 10_000;
const PAGE_BYTES = 4096;

/** User and system time so far, microseconds. */
export function cpuMicroseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name in brackets may contain spaces; the fields are counted from its end.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK;
}

export function residentBytes(pid: number): number {
  const [, pages] = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ");
  return Number(pages) * PAGE_BYTES;
}

/** Samples the memory until the returned function is called, which returns the peak. */
export function watchMemory(pid: number): () => number {
  let peak = residentBytes(pid);
  const timer = setInterval(() => {
    peak = Math.max(peak, residentBytes(pid));
  }, 50);
  return () => {
    clearInterval(timer);
    return Math.max(peak, residentBytes(pid));
  };
}
