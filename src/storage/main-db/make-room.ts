/** Deletions write before they free: on a full disk they get the space that was kept for them. */
import { diskFault } from "../../lib/disk-fault.ts";

export type MakeRoom = (cause: unknown) => void;

/** The same once more after room was made, where the disk is full. */
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
