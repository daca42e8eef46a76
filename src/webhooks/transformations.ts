/** A target's transformation, as it is sent, and how it comes into the numbered versions. */
import { z } from "zod";
import type { Clock } from "../lib/clock.ts";
import { AppError } from "../lib/errors.ts";
import type { Fault } from "../sandbox/answer.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { TargetRow, TransformationVersionRow } from "../storage/main-db/tables.ts";
import { describeFault } from "../targets/transformations/transformer.ts";

const MAX_CODE = 65_536;

export const transformationCode = z
  .string()
  .min(1)
  .max(MAX_CODE)
  .refine((code) => code.trim() !== "", "must not be empty")
  .describe("JavaScript or TypeScript, at most 64 KiB.");

export const transformationInput = z
  .strictObject({
    code: transformationCode.optional(),
    version: z.int().min(1).optional().describe("Without `code`: the earlier version to use again."),
  })
  .refine(({ code, version }) => code !== undefined || version !== undefined, {
    message: "is required without version",
    path: ["code"],
  })
  .nullable()
  .meta({
    description:
      "Code that changes each request before it is sent. New code becomes a new version; null: requests go out as they came.",
  });

export type TransformationInput = z.output<typeof transformationInput>;

export type Transformation = Readonly<{ version: number; code: string; createdAt: number }>;

/** Resolves with the fault of code that cannot be loaded; null where there is none. Never rejects. */
export type CheckCode = (code: string) => Promise<Fault | null>;

export function createTransformations(deps: {
  mainDb: Pick<MainDb, "transformations">;
  clock: Clock;
  checkCode: CheckCode;
}) {
  const { transformations } = deps.mainDb;

  function current({ id, transformationVersion }: TargetRow): Transformation | null {
    if (transformationVersion === null) return null;
    const row = transformations.find(id, transformationVersion);
    return row && shown(row);
  }

  return {
    current,
    /** The latest first. */
    list: (targetId: string): Transformation[] => transformations.list(targetId).map(shown),
    /** Throws AppError invalid for what a target of this type, or with this row, cannot use. */
    async check(
      sent: TransformationInput | undefined,
      of: Readonly<{ settlesAtIngest: boolean; row: TargetRow | null }>,
    ): Promise<void> {
      if (!sent) return;
      if (of.settlesAtIngest) throw invalid("transformation", "is not possible: nothing is sent");
      if (sent.code === undefined) {
        const known = of.row && transformations.find(of.row.id, sent.version ?? 0);
        if (!known) throw invalid("transformation.version", "does not exist");
        return;
      }
      if (of.row !== null && current(of.row)?.code === sent.code) return;
      const fault = await deps.checkCode(sent.code);
      if (fault !== null) throw invalid("transformation.code", describeFault(fault));
    },
    /** Returns how checked code is added as a version, and the number that it will have. */
    adding: (targetId: string, code: string) =>
      transformations.adding({ targetId, code, at: deps.clock.now() }),
    /** The version to use from now on; checked code becomes a new one, unless it is in use already. */
    versionOf(row: TargetRow, sent: TransformationInput | undefined): number | null {
      if (sent === undefined) return row.transformationVersion;
      if (sent === null) return null;
      const { code, version: wanted = null } = sent;
      if (code === undefined) return wanted;
      if (current(row)?.code === code) return row.transformationVersion;
      const { version, write } = transformations.adding({ targetId: row.id, code, at: deps.clock.now() });
      write();
      return version;
    },
  };
}

function shown({ version, code, createdAt }: TransformationVersionRow): Transformation {
  return { version, code, createdAt };
}

function invalid(path: string, message: string): AppError {
  return new AppError({
    kind: "invalid",
    message: "The target is not valid.",
    details: [{ path, message }],
  });
}
