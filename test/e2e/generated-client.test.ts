/** The OpenAPI document is fit for generators: a client made of it compiles, and the manual's example of it runs. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@hey-api/openapi-ts";
import ts from "typescript";
import { findChapter } from "../../src/manual/chapters.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";

let gateway: Gateway;
let folder: string;

beforeAll(async () => {
  gateway = await startGateway();
  folder = mkdtempSync(join(tmpdir(), "webhooker-client-"));
  const document = join(folder, "openapi.json");
  await Bun.write(document, await (await fetch(`${gateway.origin}/api/v1/openapi.json`)).text());
  const output = join(folder, "webhooker-client");
  await createClient({ input: document, output, logs: { level: "silent" }, interactive: false });
  await Bun.write(join(folder, "example.ts"), example());
  // Node's own types would take seconds to read.
  await Bun.write(join(folder, "node.d.ts"), "declare const process: { env: Record<string, string> };\n");
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await gateway.stop();
});

/** The program in the manual. */
function example(): string {
  const found = /```ts\n(.*?)```/s.exec(findChapter("api")?.text ?? "")?.[1];
  if (found === undefined) throw new Error("the chapter has no example in TypeScript");
  return found;
}

test("the generated client and the manual's example of it have no type error", () => {
  const program = ts.createProgram(
    ["example.ts", "node.d.ts"].map((name) => join(folder, name)),
    {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.Preserve,
      types: [],
    },
  );
  const faults = ts.getPreEmitDiagnostics(program).map(({ messageText, file }) => {
    return `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
  expect(faults).toEqual([]);
  const types = readFileSync(join(folder, "webhooker-client/types.gen.ts"), "utf8");
  for (const name of ["Webhook", "WebhookInput", "Entrypoint", "TargetInput", "TargetChange", "EventSummary"])
    expect(types).toContain(`export type ${name} = {`);
});

test("the manual's example creates a webhook and reads what became of its event", async () => {
  const key = await gateway.run(["apikey", "create", "--user", "admin", "--name", "client"]);
  const child = Bun.spawn([process.execPath, join(folder, "example.ts")], {
    env: { WEBHOOKER_API_KEY: key.out.trim() },
    stderr: "pipe",
  });
  expect([await child.stderr.text(), await child.stdout.text()]).toEqual(["", "delivered\n"]);
});
