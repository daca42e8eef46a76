import { describe, expect, test } from "bun:test";
import { describeError } from "../../src/http/error-description.ts";
import { diskFault } from "../../src/lib/disk-fault.ts";
import { AppError } from "../../src/lib/errors.ts";
import { unusable } from "../../src/storage/event-files/event-file-faults.ts";

const coded = (code: string, cause?: unknown) =>
  Object.assign(new Error("secret detail", { cause }), { code });

describe("a fault of the disk", () => {
  test.each([
    ["SQLITE_FULL", "disk_full"],
    ["ENOSPC", "disk_full"],
    ["EDQUOT", "disk_full"],
    ["SQLITE_READONLY", "disk_read_only"],
    ["SQLITE_READONLY_DBMOVED", "disk_read_only"],
    ["EROFS", "disk_read_only"],
    ["SQLITE_IOERR_WRITE", "disk_unusable"],
    ["SQLITE_CANTOPEN", "disk_unusable"],
    ["EIO", "disk_unusable"],
  ])("that is called %s is told as %s with 503, also where another error wraps it", (code, told) => {
    for (const error of [
      coded(code),
      new Error("query failed", { cause: coded(code) }),
      coded("ELSE", coded(code)),
    ]) {
      expect(describeError(error)).toMatchObject({
        status: 503,
        code: told,
        headers: { "retry-after": "30" },
      });
      expect(diskFault(error)?.message).not.toContain("secret detail");
      expect(diskFault(error)?.hint).toBeString();
    }
  });

  test("of an event file keeps its own message, except on a full or read-only disk", () => {
    expect(unusable("w", coded("SQLITE_FULL")).code).toBe("disk_full");
    expect(unusable("w", coded("EROFS")).code).toBe("disk_read_only");
    expect(unusable("w", coded("SQLITE_READONLY")).code).toBe("event_file_read_only");
    expect(unusable("w", coded("SQLITE_IOERR")).code).toBe("event_file_unavailable");
    expect(unusable("w", coded("SQLITE_CORRUPT")).code).toBe("event_file_damaged");
  });
});

test("any other error is not one, however it is wrapped", () => {
  const loop = new Error("a loop");
  loop.cause = loop;
  for (const error of [null, "SQLITE_FULL", new Error("SQLITE_FULL"), coded("SQLITE_CONSTRAINT"), loop]) {
    expect(diskFault(error)).toBeNull();
    expect(describeError(error).status).toBe(500);
  }
  expect(
    describeError(new AppError({ kind: "conflict", message: "no", cause: coded("SQLITE_FULL") })).status,
  ).toBe(409);
});
