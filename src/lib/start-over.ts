/**
 * Restarts this program in its own process with another environment, for variables that the runtime reads only once.
 */

/** Virtual folder of the sources in an executable; its paths cannot be passed as a script. */
const EMBEDDED = "/$bunfs/";

/** Call before anything else starts. Returns if the system does not support it. */
export function startOver(env: Readonly<Record<string, string | undefined>>): void {
  const script = Bun.main.startsWith(EMBEDDED) ? [] : [Bun.main];
  const words = [process.argv0, ...process.execArgv, ...script, ...process.argv.slice(2)];
  try {
    process.execve?.(process.execPath, words, env);
  } catch {
    // The program continues without the new environment.
  }
}
