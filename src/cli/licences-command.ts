/** `webhooker licences`: prints the licences of everything in the executable. */
import type { Command } from "commander";
import type { Io } from "./io.ts";

export function addLicencesCommand(program: Command, io: Pick<Io, "out">): void {
  program
    .command("licences")
    .description("print the licences of webhooker and of the software in it")
    .action(async () => {
      // Imported here, because under `bun run` the import reads the packages.
      const { LICENCES } = await import("./licences.ts");
      io.out(LICENCES);
    });
}
