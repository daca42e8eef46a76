/** The options of a run: measurements and durations. */
import { chooseGenerator, type GeneratorName } from "./load.ts";

export type BenchOptions = Readonly<{
  generator: GeneratorName;
  /** How often each server is measured; the median counts. */
  rounds: number;
  /** Seconds of one load. */
  seconds: number;
  connections: number;
  webhooks: readonly number[];
  bodyKilobytes: readonly number[];
  /** Events of the time-to-arrival measurement. */
  arrivals: number;
  /** Events after which the memory is measured again. */
  memoryEvents: number;
  /** Seconds for which the idle gateway is watched. */
  idleSeconds: number;
  starts: number;
  /** Events in the file whose event log is measured, and requests per page. */
  logEvents: number;
  logAsks: number;
  /** Events that are replayed, and seconds for which ingestion is measured with and without it. */
  replayEvents: number;
  replaySeconds: number;
  /** Seconds under load with each slowed disk. */
  lagSeconds: number;
  /** Seconds of hostile SQL. */
  sqlSeconds: number;
  scaleWebhooks: number;
  /** Length of the long run. */
  minutes: number;
  /** Events per second of the long run; null: as many as deliveries keep up with. */
  rate: number | null;
}>;

export function benchOptions(flags: {
  quick: boolean;
  generator?: string | undefined;
  minutes?: string | undefined;
  rate?: string | undefined;
  events?: string | undefined;
}): BenchOptions {
  const minutes = Number(flags.minutes ?? (flags.quick ? 1 : 10));
  if (!(minutes >= 1)) throw new Error("--minutes takes a number from 1");
  const rate = flags.rate === undefined ? null : Number(flags.rate);
  if (rate !== null && !(rate >= 1)) throw new Error("--rate takes a number from 1");
  const logEvents = Number(flags.events ?? (flags.quick ? 100_000 : 1_000_000));
  if (!(logEvents >= 1_000)) throw new Error("--events takes a number from 1000");
  const common = {
    generator: chooseGenerator(flags.generator),
    minutes,
    rate,
    logEvents,
    connections: 64,
    webhooks: [1, 100, 1000],
  };
  return flags.quick
    ? {
        ...common,
        rounds: 1,
        seconds: 2,
        bodyKilobytes: [1],
        arrivals: 100,
        memoryEvents: 50_000,
        idleSeconds: 2,
        starts: 3,
        logAsks: 9,
        replayEvents: 100_000,
        replaySeconds: 8,
        lagSeconds: 6,
        sqlSeconds: 10,
        scaleWebhooks: 2_000,
      }
    : {
        ...common,
        rounds: 3,
        seconds: 5,
        bodyKilobytes: [1, 10, 100],
        arrivals: 500,
        memoryEvents: 1_000_000,
        idleSeconds: 10,
        starts: 10,
        logAsks: 31,
        replayEvents: 1_000_000,
        replaySeconds: 30,
        lagSeconds: 15,
        sqlSeconds: 60,
        scaleWebhooks: 10_000,
      };
}
