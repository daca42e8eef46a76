/** Runs `serve` with a stand-in for the server that prints what happens to it, so that a test can send real signals. */
import { serve } from "../../src/cli/serve.ts";
import { loadConfig } from "../../src/config.ts";

const mode = process.argv[2];
const say = (line: string) => process.stdout.write(`${line}\n`);
// Something must keep the process running, as listening does in the real server.
const running = setInterval(() => undefined, 1_000);

await serve({
  config: loadConfig({}),
  print: say,
  async startServer({ print, signal }) {
    if (mode === "wait") {
      print("waiting");
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("given up"))));
    }
    print("started");
    return {
      async stop() {
        print("stopping");
        if (mode === "hang") await new Promise(() => undefined);
        clearInterval(running);
        print("stopped");
      },
    };
  },
});
