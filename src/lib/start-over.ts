/** Starts this program over in its own process, in another environment: what the runtime reads of that but once. */

/** Where the sources of an executable are, which are no file to start it with. */
const EMBEDDED = "/$bunfs/";

/** To be called before anything is begun. Returns where the system cannot do that. */
export function startOver(env: Readonly<Record<string, string | undefined>>): void {
  const script = Bun.main.startsWith(EMBEDDED) ? [] : [Bun.main];
  const words = [process.argv0, ...process.execArgv, ...script, ...process.argv.slice(2)];
  try {
    process.execve?.(process.execPath, words, env);
  } catch {
    // It goes on as it is.
  }
}
