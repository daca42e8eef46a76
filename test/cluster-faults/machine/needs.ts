/** Needs of faults that not every machine meets. */
import { rmSync } from "node:fs";
import { makeFolder } from "../../support/gateway.ts";
import { mayMount } from "../../support/small-disk.ts";
import { mountDiskImage } from "./disk-image.ts";
import { makeNetwork } from "./networks.ts";

/** Small disks at the gateways, disks whose power can be cut everywhere, or gateways in networks of their own. */
export type Need = "small_disks" | "disk_images" | "networks";

/** Returns why this machine does not allow it; null if it does. */
export function whyNot(need: Need): string | null {
  if (need === "small_disks") return mayMount() ? null : "no disk may be mounted in memory";
  try {
    if (need === "networks") makeNetwork(1).end();
    else tryDiskImage();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function tryDiskImage(): void {
  const folder = makeFolder();
  try {
    const disk = mountDiskImage(`${folder}/disk`, 16);
    try {
      disk.cutPower();
      disk.restorePower();
    } finally {
      disk.remove();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
