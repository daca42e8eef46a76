/** A folder on a disk that keeps only synced data; follows the system calls of the process that writes to it. */
import { dirname, resolve } from "node:path";
import { type Chance, FrailFile, type Write } from "./frail-file.ts";
import { bytesOf, type Call, descriptorOf, type Moment } from "./system-calls.ts";

type Entry = { durable: FrailFile | null; later: { file: FrailFile | null; endedAt: number }[] };

/** Random bytes that nobody reads. */
const NOT_FOLLOWED = /webhooker\.reserve$/;

export class FrailFolder {
  readonly #root: string;
  readonly #names = new Map<string, FrailFile>();
  readonly #entries = new Map<string, Entry>();
  /** Offsets by descriptor, of files that are written from the beginning. */
  readonly #offsets = new Map<number, number>();
  readonly #underWay = new Map<Call, { begunAt: number; write: Write | null }>();
  #moment = 0;

  /** `files` are on disk, by path. */
  constructor(root: string, files: ReadonlyMap<string, Buffer>) {
    this.#root = root;
    for (const [path, bytes] of files) {
      const file = FrailFile.of(bytes);
      this.#names.set(path, file);
      this.#entries.set(path, { durable: file, later: [] });
    }
  }

  take(moment: Moment): void {
    this.#moment++;
    const { call } = moment;
    if (moment.kind === "begun") {
      this.#underWay.set(call, { begunAt: this.#moment, write: this.#begin(call) });
      return;
    }
    const begun = this.#underWay.get(call);
    this.#underWay.delete(call);
    if (!begun) return;
    begun.write?.end(this.#moment);
    this.#end(call, moment.result, begun.begunAt);
  }

  /** The files that a power cut at this moment may leave, by path. */
  cut(random: () => number): Map<string, Buffer> {
    const left = new Map<string, Buffer>();
    const chanceOf = chances(random);
    for (const [path, { durable, later }] of this.#entries) {
      const change = chanceOf()() ? later[Math.floor(random() * later.length)] : undefined;
      const file = change === undefined ? durable : change.file;
      if (file) left.set(path, file.cut(chanceOf(), random));
    }
    return left;
  }

  #begin({ name, args: [first = "", ...more] }: Call): Write | null {
    switch (name) {
      case "pwrite64":
        return this.#fileOf(first)?.write(Number(more[2]), bytesOf(more[0] ?? "")) ?? null;
      case "write": {
        const file = this.#fileOf(first);
        if (!file) return null;
        const { number } = descriptorOf(first);
        const at = this.#offsets.get(number) ?? 0;
        const bytes = bytesOf(more[0] ?? "");
        this.#offsets.set(number, at + bytes.length);
        return file.write(at, bytes);
      }
      case "ftruncate":
        return this.#fileOf(first)?.truncate(Number(more[0])) ?? null;
      case "writev":
      case "pwritev":
      case "pwritev2":
      case "fallocate":
      case "copy_file_range":
      case "sendfile":
        if (this.#fileOf(first)) throw new Error(`${name} is not followed`);
        return null;
      default:
        return null;
    }
  }

  #end({ name, args }: Call, result: string, begunAt: number): void {
    const [first = "", second = ""] = args;
    const isDone = !result.startsWith("-");
    if (name === "fsync" || name === "fdatasync") {
      const { path } = descriptorOf(first);
      if (path === null) return;
      // A sync that strace was told to leave out has no effect.
      if (result === "0") this.#syncFolder(path, begunAt);
      const file = this.#names.get(path);
      if (result === "0") file?.synced(begunAt);
      // A kernel reports a failed write to every descriptor, strace only to one: a loss that strace hides from SQLite's
      // own sync would not be reported to ours.
      else if (!isDone && name === "fdatasync") file?.syncFailed(begunAt);
    }
    if (!isDone) return;
    if (name === "open") this.#opened(bytesOf(first), second, result);
    if (name === "openat") this.#opened(bytesOf(second), args[2] ?? "", result);
    if (name === "unlink") this.#enter(this.#resolve(bytesOf(first)), null);
    if (name === "unlinkat") this.#enter(this.#resolve(bytesOf(second)), null);
    if (name === "rename") this.#rename(bytesOf(first), bytesOf(second));
    if (/^(creat|truncate|link|linkat|renameat2?)$/.test(name)) throw new Error(`${name} is not followed`);
  }

  #opened(given: Buffer, flags: string, result: string): void {
    const path = this.#resolve(given);
    this.#offsets.set(Number.parseInt(result, 10), 0);
    if (!this.#isFollowed(path)) return;
    const file = this.#names.get(path);
    if (!file && flags.includes("O_CREAT")) this.#enter(path, new FrailFile());
    if (file && flags.includes("O_TRUNC")) file.truncate(0).end(this.#moment);
    if (file && flags.includes("O_APPEND")) this.#offsets.set(Number.parseInt(result, 10), file.size);
  }

  #rename(from: Buffer, to: Buffer): void {
    const file = this.#names.get(this.#resolve(from));
    if (!file) return;
    this.#enter(this.#resolve(to), file);
    this.#enter(this.#resolve(from), null);
  }

  #enter(path: string, file: FrailFile | null): void {
    if (!this.#isFollowed(path)) return;
    if (file) this.#names.set(path, file);
    else this.#names.delete(path);
    const entry = this.#entries.get(path) ?? { durable: null, later: [] };
    entry.later.push({ file, endedAt: this.#moment });
    this.#entries.set(path, entry);
  }

  #syncFolder(folder: string, begunAt: number): void {
    for (const [path, entry] of this.#entries) {
      if (dirname(path) !== folder) continue;
      const last = entry.later.findLastIndex(({ endedAt }) => endedAt < begunAt);
      if (last < 0) continue;
      entry.durable = entry.later[last]?.file ?? null;
      entry.later = entry.later.slice(last + 1);
      if (entry.durable === null && entry.later.length === 0) this.#entries.delete(path);
    }
  }

  #fileOf(descriptor: string): FrailFile | null {
    const { path } = descriptorOf(descriptor);
    return path === null ? null : (this.#names.get(path) ?? null);
  }

  #resolve(path: Buffer): string {
    return resolve(this.#root, path.toString());
  }

  #isFollowed(path: string): boolean {
    return path.startsWith(`${this.#root}/`) && !NOT_FOLLOWED.test(path) && !path.endsWith("-shm");
  }
}

/** Disks differ: one may have written nearly nothing yet, another nearly all, in any order. */
function chances(random: () => number): () => Chance {
  return () => {
    const likelihood = [0, 0.1, 0.5, 0.9, 1][Math.floor(random() * 5)] ?? 0;
    return () => random() < likelihood;
  };
}
