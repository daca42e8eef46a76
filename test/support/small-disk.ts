/** Mounts small disks in memory, which only the superuser may: other users run the tests beside that need none. */
import { mkdirSync, rmSync } from "node:fs";
import { makeFolder } from "./gateway.ts";

export function mountSmallDisk(folder: string, megabytes: number): boolean {
  mkdirSync(folder, { recursive: true });
  const command = ["mount", "-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder];
  return process.platform === "linux" && Bun.which("mount") !== null && Bun.spawnSync(command).success;
}

export function unmountSmallDisk(folder: string): void {
  Bun.spawnSync(["umount", "--lazy", folder]);
}

export function mayMount(): boolean {
  const folder = makeFolder();
  const mounted = mountSmallDisk(folder, 1);
  if (mounted) unmountSmallDisk(folder);
  rmSync(folder, { recursive: true });
  return mounted;
}
