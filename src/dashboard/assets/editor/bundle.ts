/** Bundles the code editor while the program is built or, without a build, while its importer is transpiled. */

/** A macro: returns the minified script, gzipped, in base64. A macro cannot call Bun.build, so it runs the command. */
export function bundleEditor(): string {
  const entry = `${import.meta.dir}/editor.js`;
  const command = [process.execPath, "build", "--minify", "--target=browser", "--format=esm", entry];
  const built = Bun.spawnSync(command);
  if (!built.success) throw new Error(built.stderr.toString());
  return Buffer.from(Bun.gzipSync(new Uint8Array(built.stdout), { level: 9 })).toString("base64");
}
