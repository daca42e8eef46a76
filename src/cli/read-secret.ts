/** Reads a secret: a line that is typed without showing it, or all of standard input where that is no terminal. */

const END = new Set(["\r", "\n", "\u0004"]);
const INTERRUPT = "\u0003";
const ERASE = new Set(["\u007f", "\b"]);
/** 128 + SIGINT, the shells' convention. */
const EXIT_INTERRUPTED = 130;

export async function readSecret(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  if (stdin.isTTY !== true) return Bun.stdin.text();
  stderr.write(prompt);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  try {
    return await readLine();
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write("\n");
  }
}

function readLine(): Promise<string> {
  return new Promise((resolve) => {
    let line = "";
    process.stdin.on("data", function hear(text: string) {
      for (const character of text) {
        if (character === INTERRUPT) {
          process.stdin.setRawMode(false);
          process.exit(EXIT_INTERRUPTED);
        }
        if (END.has(character)) {
          process.stdin.off("data", hear);
          resolve(line);
          return;
        }
        line = ERASE.has(character) ? line.slice(0, -1) : line + character;
      }
    });
  });
}
