/** The disks that the gateways and NATS servers of a cluster have of their own, if any. */
import { mountSmallDisk, unmountSmallDisk } from "../../support/small-disk.ts";
import { type DiskImage, mountDiskImage } from "./disk-image.ts";
import type { Need } from "./needs.ts";

export type Disks = Readonly<{
  addForNode: (folder: string) => void;
  addForServer: (folder: string) => void;
  /** Throws if there is none whose power can be cut. */
  imageOf: (folder: string) => DiskImage;
  /** Call it when no program uses them any more. */
  end: () => void;
}>;

const SMALL_MB = 400;
const IMAGE_MB = 1_000;

export function createDisks(need: Need | null): Disks {
  const images = new Map<string, DiskImage>();
  const small: string[] = [];

  function addImage(folder: string): void {
    if (need === "disk_images") images.set(folder, mountDiskImage(folder, IMAGE_MB));
  }

  return {
    addForNode(folder) {
      if (need === "small_disks" && mountSmallDisk(folder, SMALL_MB)) small.push(folder);
      addImage(folder);
    },
    addForServer: addImage,
    imageOf(folder) {
      const image = images.get(folder);
      if (image === undefined) throw new Error(`${folder} is on no disk of its own`);
      return image;
    },
    end() {
      for (const image of images.values()) image.remove();
      for (const folder of small) unmountSmallDisk(folder);
    },
  };
}
