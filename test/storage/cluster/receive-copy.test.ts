/** A copy from another node on a disk that fills up before the copy is complete. */
import { expect, test } from "bun:test";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { receiveCopy } from "../../../src/storage/cluster/receive-copy.ts";
import { makeTestFolder } from "../../support/folder.ts";
import { mayMount, mountSmallDisk, unmountSmallDisk } from "../../support/small-disk.ts";
import { appErrorOf } from "../../support/thrown.ts";

const MIB = 1024 * 1024;

/** Needs permission to mount. */
const places = mayMount() ? ["a small disk"] : [];

for (const place of places) {
  test(`a copy for which ${place} lacks room in the end is refused by that name, and not sent any further`, async () => {
    const folder = join(makeTestFolder("copy"), "disk");
    mountSmallDisk(folder, 16);
    try {
      let hasEnded = false;
      async function* body() {
        try {
          const { bavail, bsize } = statfsSync(folder);
          writeFileSync(join(folder, "filler"), Buffer.alloc(bavail * bsize));
          for (;;) yield new Uint8Array(MIB);
        } finally {
          hasEnded = true;
        }
      }
      const copy = { bytes: 8 * MIB, sha256: "0".repeat(64), body: body() };
      const options = { signal: new AbortController().signal, newest: 1 };
      const error = await appErrorOf(() => receiveCopy(copy, join(folder, "copy"), options));
      expect([error.kind, error.code, hasEnded]).toEqual(["unavailable", "disk_full", true]);
    } finally {
      unmountSmallDisk(folder);
      rmSync(folder, { recursive: true });
    }
  });
}
