/** A webhook's event file with a few events, and a console with shorter limits, as attacks use them up. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { systemClock } from "../../../src/lib/clock.ts";
import { newId } from "../../../src/lib/ids.ts";
import { startChild } from "../../../src/sandbox/start-child.ts";
import { SQL_QUERY_ARGUMENT } from "../../../src/storage/sql-console/argument.ts";
import type { SqlQuery } from "../../../src/storage/sql-console/order.ts";
import {
  type ConsoleLimits,
  createSqlConsole,
  USUAL_LIMITS,
} from "../../../src/storage/sql-console/sql-console.ts";
import { createStorageWorld } from "../storage-world.ts";

export const RECEIVED_AT = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

export type SqlWorld = Awaited<ReturnType<typeof createSqlWorld>>;

export async function createSqlWorld(
  options: Partial<ConsoleLimits> & { program?: readonly string[]; dataDir?: string } = {},
) {
  const { program, dataDir, ...limits } = options;
  const world = createStorageWorld(dataDir === undefined ? {} : { dataDir });
  const { files } = world;
  const webhookId = newId();
  const stopping = new AbortController();
  await files.create(webhookId);
  const sqlConsole = createSqlConsole({
    files,
    clock: systemClock,
    stopping: stopping.signal,
    limits: { ...USUAL_LIMITS, ...limits },
    startChild: (listener) =>
      startChild(listener, { words: [SQL_QUERY_ARGUMENT], priority: 0, ...(program && { program }) }),
  });

  return {
    ...world,
    webhookId,
    sqlConsole,
    stopping,
    run(
      sql: string,
      query: Partial<SqlQuery> & { webhookId?: string; asker?: string; signal?: AbortSignal } = {},
    ) {
      const { asker = newId(), signal, ...given } = query;
      const names = { entrypoints: [], targets: [] };
      const usual = {
        webhookId,
        params: [],
        newest: 100_000,
        maxRows: 1_000,
        format: "json" as const,
        names,
      };
      return sqlConsole.run({ ...usual, ...given, sql }, { asker, ...(signal && { signal }) });
    },
    /** The result's rows. */
    async rows(sql: string, query: Partial<SqlQuery> = {}): Promise<unknown> {
      return JSON.parse((await this.run(sql, query)).text);
    },
  };
}

/** The most memory that a process has taken, in KB, and the files that it has open; none once it has ended. */
export function lookAt(pid: number): Readonly<{ peakKb: number; files: readonly string[] }> {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const files = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
      } catch {
        return [];
      }
    });
    return { peakKb: Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? 0), files };
  } catch {
    return { peakKb: 0, files: [] };
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
