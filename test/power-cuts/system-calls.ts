/** Parses strace's record of a process: the begin and the end of each system call, in the order of all threads. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

export type Call = Readonly<{
  name: string;
  /** As strace prints them; text in quotes or angle brackets is in hexadecimal. */
  args: readonly string[];
}>;

export type Moment = Readonly<{ call: Call; kind: "begun" } | { call: Call; kind: "ended"; result: string }>;

/** Writes, changes of folders, syncs, and responses to senders. */
const CALLS = [
  "open,openat,creat,write,pwrite64,writev,pwritev,pwritev2,sendfile,copy_file_range,ftruncate,truncate,fallocate",
  "rename,renameat,renameat2,unlink,unlinkat,link,linkat,fsync,fdatasync,sync_file_range,sendto,sendmsg",
].join(",");
/** strace cuts longer strings off; none that matters is that long. */
const LONGEST = 200_000;

/** The command prefix that traces a program. `inject` has faults for strace to inject. */
export function tracing(to: string, inject: readonly string[] = []): string {
  const faults = inject.map((fault) => `-e inject=${fault}`).join(" ");
  return `strace -D -f --seccomp-bpf -y -xx -s ${LONGEST} -o ${to} -e trace=${CALLS} ${faults}`;
}

const LINE = /^(\d+) +(.*)$/s;
const RESUMED = /^<\.\.\. \w+ resumed>(.*)$/s;
const RESULT = /\) +=.([^=]*)$/;
const UNFINISHED = " <unfinished ...>";

export async function* readCalls(path: string): AsyncGenerator<Moment> {
  const unfinished = new Map<string, Call>();
  for await (const line of createInterface({ input: createReadStream(path, { highWaterMark: 1 << 20 }) })) {
    const [, thread = "", rest = ""] = LINE.exec(line) ?? [];
    const resumed = RESUMED.exec(rest);
    if (resumed) {
      const call = unfinished.get(thread);
      unfinished.delete(thread);
      if (call) yield { call, kind: "ended", result: resultIn(resumed[1] ?? "") };
      continue;
    }
    const open = rest.indexOf("(");
    if (open < 0 || !/^\w+$/.test(rest.slice(0, open))) continue;
    const isWhole = !rest.endsWith(UNFINISHED);
    const end = isWhole ? rest.search(RESULT) : rest.length - UNFINISHED.length;
    const call = {
      name: rest.slice(0, open),
      args: rest
        .slice(open + 1, end)
        .trimEnd()
        .split(", "),
    };
    yield { call, kind: "begun" };
    if (isWhole) yield { call, kind: "ended", result: resultIn(rest.slice(end)) };
    else unfinished.set(thread, call);
  }
}

function resultIn(rest: string): string {
  return RESULT.exec(rest)?.[1] ?? "";
}

/** The bytes of an argument in quotes. */
export function bytesOf(arg: string): Buffer {
  if (!arg.endsWith('"')) throw new Error("strace has cut a string off");
  return fromHex(arg.slice(1, -1));
}

/** Parses an open file, written as `7</path>`; `path` is null for a removed one. */
export function descriptorOf(arg: string): Readonly<{ number: number; path: string | null }> {
  const open = arg.indexOf("<");
  const path = arg.endsWith("(deleted)") || open < 0 ? null : fromHex(arg.slice(open + 1, -1)).toString();
  return { number: Number.parseInt(arg, 10), path };
}

function fromHex(text: string): Buffer {
  return Buffer.from(text.replaceAll("\\x", ""), "hex");
}
