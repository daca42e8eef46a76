/** `webhooker licences`: prints the notices of all that the executable contains. */
import type { Command } from "commander";
import type { Io } from "./io.ts";

export function addLicencesCommand(program: Command, io: Pick<Io, "out">): void {
  program
    .command("licences")
    .description("print the licences of webhooker and of the software in it")
    .action(async () => {
      // Only here: under `bun run` the packages are read where this is imported.
      const { LICENCES } = await import("./licences.ts");
      io.out(LICENCES);
    });
}
