/** Requests per second, durable before the response, against the bare framework and a transaction per request. */
import { rmSync } from "node:fs";
import { type LoadResult, runLoad } from "./load.ts";
import type { BenchOptions } from "./options.ts";
import { cpuMicroseconds } from "./process-stats.ts";
import { makeFolder, type Subject, type SubjectName, startSubject, subjectNames } from "./subject.ts";
import { figure, median, printTable, progress } from "./table.ts";

type Round = LoadResult & Readonly<{ cpuPerEvent: number }>;

export async function throughput(options: BenchOptions): Promise<void> {
  const rows: string[][] = [];
  for (const webhooks of options.webhooks) {
    for (const kilobytes of options.bodyKilobytes) {
      rows.push(...(await compare({ options, webhooks, kilobytes })));
    }
  }
  const title = `Requests per second, ${options.connections} connections, ${options.generator}`;
  const head = ["webhooks", "body", "server", "per second", "of bare", "of per request", "p50 ms", "p99 ms"];
  printTable(title, [...head, "CPU µs/event", "generator busy", "failures"], rows);
}

async function compare(job: {
  options: BenchOptions;
  webhooks: number;
  kilobytes: number;
}): Promise<string[][]> {
  const { options, webhooks, kilobytes } = job;
  const measured = new Map<SubjectName, Round[]>(subjectNames.map((name) => [name, []]));
  for (let round = 0; round < options.rounds; round += 1) {
    // In turn, so that a slow minute of the machine affects all of them.
    for (const name of subjectNames) {
      progress(`throughput: ${webhooks} webhooks, ${kilobytes} KB, round ${round + 1}, ${name}`);
      const subject = await startSubject(name, webhooks);
      try {
        measured.get(name)?.push(await measure(subject, job));
      } finally {
        await subject.stop();
      }
    }
  }
  const rate = (name: SubjectName) => median((measured.get(name) ?? []).map(({ perSecond }) => perSecond));
  return subjectNames.map((name) => {
    const rounds = measured.get(name) ?? [];
    const middle = (pick: (round: Round) => number) => median(rounds.map(pick));
    return [
      String(webhooks),
      `${kilobytes} KB`,
      name,
      figure(rate(name)),
      figure(rate(name) / rate("bare")),
      figure(rate(name) / rate("per request")),
      figure(middle(({ p50 }) => p50)),
      figure(middle(({ p99 }) => p99)),
      figure(middle(({ cpuPerEvent }) => cpuPerEvent)),
      `${figure(100 * middle(({ generatorBusy }) => generatorBusy))} %`,
      String(rounds.reduce((sum, { failures }) => sum + failures, 0)),
    ];
  });
}

async function measure(subject: Subject, job: { options: BenchOptions; kilobytes: number }): Promise<Round> {
  const { generator, connections, seconds } = job.options;
  const folder = makeFolder();
  const load = { generator, connections, urls: subject.urls, bodyBytes: job.kilobytes * 1024, folder };
  try {
    // Compiles the hot paths and opens the files.
    await runLoad({ ...load, seconds: 1 });
    const before = cpuMicroseconds(subject.pid);
    const result = await runLoad({ ...load, seconds });
    return { ...result, cpuPerEvent: (cpuMicroseconds(subject.pid) - before) / result.requests };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
