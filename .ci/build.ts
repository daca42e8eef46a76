/** Builds dist/webhooker for this machine, or with --all every platform's executable and their SHA256SUMS. */
import { rm } from "node:fs/promises";

const PLATFORMS = ["linux-x64", "linux-arm64", "linux-x64-musl", "darwin-arm64", "windows-x64"];
const root = `${import.meta.dir}/..`;

/** Empty where the sources come without their repository, as in a container build. */
function commitId(): string {
  if (Bun.which("git") === null) return "";
  const described = Bun.spawnSync(["git", "describe", "--always", "--dirty", "--exclude=*"], { cwd: root });
  return described.success ? described.stdout.toString().trim() : "";
}

async function build(outfile: string, target: string | null): Promise<void> {
  // Workers are entries of their own: the bundler does not follow `new Worker(…)`.
  const workers = await Array.fromAsync(new Bun.Glob("src/**/*-worker.ts").scan({ cwd: root }));
  const command = [
    process.execPath,
    "build",
    "--compile",
    // Never --minify: renamed identifiers break Elysia's reading of handler sources.
    "--minify-whitespace",
    "--minify-syntax",
    "--bytecode",
    "--format=esm",
    "--sourcemap",
    // Workers share what several of them import.
    "--splitting",
    // Else the executable reads .env and bunfig.toml of whatever folder it is started in.
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    // Puts workers beside main, where new URL("./x-worker.ts", import.meta.url) finds them once compiled.
    "--entry-naming=[name].[ext]",
    `--define=WEBHOOKER_COMMIT=${JSON.stringify(commitId())}`,
    ...(target === null ? [] : [`--target=bun-${target}`]),
    "src/main.ts",
    ...workers.sort(),
    `--outfile=${outfile}`,
  ];
  // NODE_ENV is inlined when the program is built, not read when it runs.
  const env = { ...process.env, NODE_ENV: "production" };
  const child = Bun.spawn(command, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] });
  if ((await child.exited) !== 0) process.exit(1);
  // The executable has them inside, too.
  for await (const map of new Bun.Glob("dist/*.map").scan({ cwd: root })) await rm(`${root}/${map}`);
}

async function buildAll(): Promise<void> {
  await rm(`${root}/dist`, { recursive: true, force: true });
  const sums: string[] = [];
  for (const platform of PLATFORMS) {
    const name = `webhooker-${platform}${platform.startsWith("windows") ? ".exe" : ""}`;
    await build(`dist/${name}`, platform);
    const hash = new Bun.CryptoHasher("sha256").update(await Bun.file(`${root}/dist/${name}`).arrayBuffer());
    sums.push(`${hash.digest("hex")}  ${name}\n`);
  }
  await Bun.write(`${root}/dist/SHA256SUMS`, sums.join(""));
}

if (Bun.argv.includes("--all")) await buildAll();
else await build("dist/webhooker", null);
