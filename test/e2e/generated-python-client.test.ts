/** The OpenAPI document is fit for a generator of Python clients: the manual's commands make one, its example runs. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findChapter } from "../../src/manual/chapters.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";

const GENERATOR = "openapi-python-client==0.29.1";
/** Packages stay beside the project's; the folder is filled once. */
const PACKAGES = join(import.meta.dir, "../../node_modules/.cache", GENERATOR);

const hasGenerator = await fetchGenerator();
if (!hasGenerator)
  process.stdout.write("The Python client is not generated: this machine lacks Python or its packages.\n");

let gateway: Gateway;
let folder: string;

beforeAll(async () => {
  gateway = await startGateway();
  folder = mkdtempSync(join(tmpdir(), "webhooker-python-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await gateway.stop();
});

if (hasGenerator) {
  test("the manual's commands make a client, and its example reads what became of an event", async () => {
    await Bun.write(join(folder, "config.yaml"), here(example("yaml")));
    const command = here(example("sh", "openapi-python-client")).replaceAll("\\\n", " ");
    const [, ...args] = command.trim().split(/\s+/);
    const generated = await python(["-m", "openapi_python_client", ...args]);
    expect(generated).toEqual({ out: "Generating client\n", code: 0 });
    await Bun.write(join(folder, "example.py"), here(example("python")));
    expect(await python(["example.py"])).toEqual({ out: "delivered\n", code: 0 });
  });
}

/** A piece of code in the chapter, by its language and a text in it. */
function example(language: string, text = ""): string {
  const chapter = findChapter("api")?.text ?? "";
  const pieces = [...chapter.matchAll(/```(\w+)\n(.*?)```/gs)];
  const found = pieces.find(([, name, code]) => name === language && code?.includes(text))?.[2];
  if (found === undefined) throw new Error(`the chapter has no such code: ${language}`);
  return found;
}

function here(code: string): string {
  return code.replaceAll("https://hooks.example.com", gateway.origin);
}

async function python(args: readonly string[]): Promise<{ out: string; code: number }> {
  const key = await gateway.run(["apikey", "create", "--user", "admin", "--name", "client"]);
  const child = Bun.spawn(["python3", ...args], {
    cwd: folder,
    env: {
      PATH: `${join(PACKAGES, "bin")}:${Bun.env.PATH}`,
      PYTHONPATH: [PACKAGES, join(folder, "client")].join(":"),
      WEBHOOKER_API_KEY: key.out.trim(),
    },
    stderr: "inherit",
  });
  return { out: await child.stdout.text(), code: await child.exited };
}

async function fetchGenerator(): Promise<boolean> {
  if (existsSync(PACKAGES)) return true;
  if (Bun.which("python3") === null) return false;
  const options = "--quiet --disable-pip-version-check --retries 1 --only-binary=:all: --target".split(" ");
  const child = Bun.spawn(["python3", "-m", "pip", "install", ...options, PACKAGES, GENERATOR], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  if ((await child.exited) === 0) return true;
  // A half-done installation must not be taken for a whole one.
  rmSync(PACKAGES, { recursive: true, force: true });
  return false;
}
