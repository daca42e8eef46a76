/** `webhooker plan`, `apply` and `export-config` against a running gateway: output, exit codes, and no secrets. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of files of configuration look like that
import { afterAll, beforeAll, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTestFolder } from "../support/folder.ts";
import { runCommand } from "../support/run-command.ts";
import { BOB_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";

let api: TestApi;
let folder: string;
let path: string;
const variables = { GITHUB: "secret-of-github", URL: "https://billing.example/secret-path" };

beforeAll(async () => {
  api = await startTestApi();
  folder = makeTestFolder("apply");
  path = join(folder, "webhooker.yaml");
});
afterAll(async () => {
  await api.stop();
  rmSync(folder, { recursive: true });
});

async function run(words: string, more: Readonly<Record<string, string>> = variables) {
  const login = { WEBHOOKER_URL: api.server.url, WEBHOOKER_API_KEY: BOB_TOKEN };
  const environment = { HOME: folder, ...login, ...more };
  const stdin = "version: 1\nwebhooks: {}\n";
  const { code, out, err } = await runCommand(words.split(" "), { environment, stdin });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

const FILE = `version: 1
webhooks:
  orders:
    name: Orders
    entrypoints:
      github:
        verification:
          type: github
          config:
            secret: \${env:GITHUB}
    targets:
      billing:
        type: http
        config:
          url: \${env:URL}
        max_attempts: 3
`;

test("plan and apply tell the changes, and a second plan has none", async () => {
  writeFileSync(path, FILE);
  const plan = await run(`plan -f ${path} --exit-code`);
  expect(plan).toEqual({
    code: 6,
    out: [
      "+ webhook orders “Orders”",
      "+ entrypoint orders/github",
      "+ target orders/billing",
      "3 to create, 0 to change, 0 to delete.",
    ].join("\n"),
    err: "",
  });
  const applied = await run(`apply -f ${path}`);
  expect([applied.code, applied.out.split("\n").at(-1)]).toEqual([0, "Applied."]);
  expect(await run(`plan -f ${path} --exit-code`)).toEqual({ code: 0, out: "Nothing to change.", err: "" });
});

test("values from the environment are not shown, whatever setting they are for", async () => {
  writeFileSync(path, FILE.replace("max_attempts: 3", "max_attempts: 4"));
  const other = { GITHUB: "another-secret", URL: "https://other.example/another-path" };
  for (const format of ["", " --json"]) {
    const { out, err } = await run(`plan -f ${path}${format}`, other);
    for (const secret of [...Object.values(variables), ...Object.values(other)]) {
      expect(out + err).not.toContain(secret);
    }
  }
  expect((await run(`plan -f ${path}`, other)).out.split("\n")).toEqual([
    "~ entrypoint orders/github",
    "    verification.config.secret: changed (not shown)",
    "~ target orders/billing",
    "    max_attempts: 3 → 4",
    "    config.url: changed (not shown)",
    "0 to create, 2 to change, 0 to delete.",
  ]);
});

test("a fault of a setting names file, line and column, and exits with 1", async () => {
  writeFileSync(path, FILE.replace("max_attempts: 3", "max_attempts: none"));
  expect(await run(`plan -f ${path}`)).toEqual({
    code: 1,
    out: "",
    err: [
      `webhooker: ${path} is not valid.`,
      `  ${path}:16:23: max_attempts must be a number`,
      "   16 |         max_attempts: …",
      "      |                       ^",
    ].join("\n"),
  });
});

test("what the file does not name stays and is told; pruning asks for --yes", async () => {
  writeFileSync(path, FILE.slice(0, FILE.indexOf("    targets:")));
  expect((await run(`plan -f ${path}`)).out.split("\n")).toEqual([
    `1 object that ${path} does not name stays:`,
    "    target orders/billing “billing” (from a file; --prune deletes it)",
    "Nothing to change.",
  ]);
  const refused = await run(`apply -f ${path} --prune`);
  expect([refused.code, refused.err.split("\n")[0]]).toEqual([
    1,
    "webhooker: Nothing was done: this deletes objects, and webhooks with all their events.",
  ]);
  expect(await run(`apply -f ${path} --prune --yes`)).toMatchObject({ code: 0 });
  expect((await run("apply -f - --prune --yes --json")).out).toContain('"applied":true');
});

test("export-config prints a file that plan has nothing to change in", async () => {
  writeFileSync(path, FILE);
  await run(`apply -f ${path}`);
  const { out } = await run("export-config --schema");
  const [first, ...rest] = out.split("\n");
  expect(first).toBe(`# yaml-language-server: $schema=${api.server.url}/api/v1/config.schema.json`);
  for (const secret of [variables.GITHUB, "whsec_"]) expect(out).not.toContain(secret);
  expect(rest).toContain("            secret: ${env:ORDERS_GITHUB_SECRET}");
  const one = await run("export-config Orders");
  expect(one.out.split("\n").slice(0, 3)).toEqual(["version: 1", "webhooks:", "  orders:"]);
  writeFileSync(path, out.replace(/ +signing:\n.*\n.*\n/, ""));
  const again = await run(`plan -f ${path}`, { ORDERS_GITHUB_SECRET: variables.GITHUB });
  expect(again.out).toBe("Nothing to change.");
});

test("event types and settings are told by their names, and their faults by line and column", async () => {
  const types = `version: 1
portal_settings:
  colour: "#e11d48"
event_types:
  - name: invoice.paid
    schema:
      type: object
      properties:
        invoice: { type: integer }
webhooks: {}
`;
  writeFileSync(path, types);
  expect((await run(`apply -f ${path}`)).out.split("\n").slice(0, 2)).toEqual([
    "+ portal_settings",
    "+ event_type “invoice.paid”",
  ]);
  writeFileSync(path, types.replace("integer", "number").replace("#e11d48", "#000000"));
  expect((await run(`plan -f ${path}`)).out.split("\n").slice(0, 4)).toEqual([
    "~ portal_settings",
    '    colour: "#e11d48" → "#000000"',
    "~ event_type “invoice.paid”",
    '    schema.properties.invoice.type: "integer" → "number"',
  ]);
  writeFileSync(path, types.replace("type: integer", "pattern: secret").replace("#e11d48", "red"));
  expect((await run(`plan -f ${path}`)).err).toContain(
    "webhooker.yaml:3:11: colour must be a colour such as #4f46e5",
  );
  writeFileSync(path, types.replace("type: integer", "pattern: secret"));
  expect((await run(`plan -f ${path}`)).err).toContain("webhooker.yaml:9:29: pattern is not supported");
  const { out } = await run(`plan -f -`);
  expect(out).toContain("    portal_settings (from a file; --prune deletes it)");
  expect(out).toContain("    event_type “invoice.paid” (from a file; --prune deletes it)");
});
