/** Waiting jobs, one of each transformation in turn. */
import type { Job } from "./job.ts";

export class JobQueue {
  /** In the order of their turns. */
  readonly #byKey = new Map<string, Job[]>();

  get isEmpty(): boolean {
    return this.#byKey.size === 0;
  }

  add(job: Job): void {
    this.#of(job.code.key).push(job);
  }

  /** Back to the front, in their order. */
  putBack(jobs: readonly Job[]): void {
    for (const job of jobs.toReversed()) this.#of(job.code.key).unshift(job);
  }

  /** The next in turn, where `fits` it; its transformation's next job comes after one of each other's. */
  take(fits: (job: Job) => boolean): Job | null {
    for (const [key, jobs] of this.#byKey) {
      const [first] = jobs;
      if (first === undefined || !fits(first)) return null;
      jobs.shift();
      this.#byKey.delete(key);
      if (jobs.length > 0) this.#byKey.set(key, jobs);
      return first;
    }
    return null;
  }

  /** Takes all of them, or all of one transformation's. */
  takeAll(key?: string): readonly Job[] {
    const taken = key === undefined ? [...this.#byKey.values()].flat() : (this.#byKey.get(key) ?? []);
    if (key === undefined) this.#byKey.clear();
    else this.#byKey.delete(key);
    return taken;
  }

  #of(key: string): Job[] {
    const known = this.#byKey.get(key);
    if (known) return known;
    const jobs: Job[] = [];
    this.#byKey.set(key, jobs);
    return jobs;
  }
}
