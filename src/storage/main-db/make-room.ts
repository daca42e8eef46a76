/** Gives deletions the disk reserve when the disk is full, as a deletion writes before it frees space. */
import { diskFault } from "../../lib/disk-fault.ts";

export type MakeRoom = (cause: unknown) => void;

/** Wraps a call: if it fails on a full disk, makes room and calls it once more. */
export function withRoom(
  makeRoom: MakeRoom,
): <Given extends readonly unknown[], T>(act: (...given: Given) => T) => (...given: Given) => T {
  return (act) =>
    (...given) => {
      try {
        return act(...given);
      } catch (error) {
        if (diskFault(error)?.code !== "disk_full") throw error;
        makeRoom(error);
        return act(...given);
      }
    };
}
