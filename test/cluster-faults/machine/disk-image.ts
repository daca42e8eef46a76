/**
 * A disk of its own in a file, whose power tests cut: from one moment on its file system, ext4, writes nothing more, and what
 * it has kept in memory until then is gone. Only the superuser may mount one.
 */
import { dlopen, FFIType, ptr } from "bun:ffi";
import { closeSync, mkdirSync, openSync, rmSync } from "node:fs";

export type DiskImage = Readonly<{
  /** Programs that write go on to fail: suspend them first, so that none acts on that. */
  cutPower: () => void;
  /** Mounts what the disk has. No program may have a file open on it. */
  restorePower: () => void;
  remove: () => void;
}>;

/** EXT4_IOC_SHUTDOWN (`fs/ext4/ext4.h`), which the kernel's own tests cut the power by. */
const SHUTDOWN = 0x80_04_58_7d;
/** Writes that are not in the journal yet stay unwritten. */
const WITHOUT_FLUSH = 2;

/** Throws where that is not allowed. The image is beside the folder. */
export function mountDiskImage(folder: string, megabytes: number): DiskImage {
  const image = `${folder}.img`;
  const mount = () => run("mount", "-o", "loop", image, folder);
  mkdirSync(folder, { recursive: true });
  run("truncate", "--size", `${megabytes}M`, image);
  run("mkfs.ext4", "-q", image);
  mount();
  return {
    cutPower: () => shutDown(folder),
    restorePower() {
      run("umount", folder);
      mount();
    },
    remove() {
      run("umount", "--lazy", folder);
      rmSync(image);
    },
  };
}

function shutDown(folder: string): void {
  const { symbols, close } = dlopen("libc.so.6", {
    ioctl: { args: [FFIType.i32, FFIType.u64, FFIType.ptr], returns: FFIType.i32 },
  });
  const descriptor = openSync(folder, "r");
  try {
    if (symbols.ioctl(descriptor, SHUTDOWN, ptr(Uint32Array.of(WITHOUT_FLUSH))) !== 0)
      throw new Error(`the power of ${folder} could not be cut`);
  } finally {
    closeSync(descriptor);
    close();
  }
}

function run(...command: string[]): void {
  const { success, stderr } = Bun.spawnSync(command, { stderr: "pipe" });
  if (!success) throw new Error(`${command.join(" ")}: ${stderr.toString().split("\n")[0]}`);
}
